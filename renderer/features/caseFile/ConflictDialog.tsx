import { CloudServerOutlined, UserOutlined } from '@ant-design/icons';
import { Button, Modal } from 'antd';
import { clockTime, fullName } from '../../i18n/format.ts';
import type { ViewedItem } from '../../services/cases/caseView.ts';
import { fieldLabel } from '../../ui/caseText.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { fieldText } from './FieldRow.tsx';
import { useFile } from './fileContext.ts';
import { useWork } from './useWork.ts';

/** One's own value and the server's beside each other, field by field; a person decides [OFF5]. Neither has the focus. */
export function ConflictDialog({ item, onClose }: { readonly item: ViewedItem; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { model } = useFile();
  const { isWorking, error, run } = useWork();
  const { wallMs } = useNow(60_000);
  if (!item.conflict) return null;
  const { entry, receipt } = item.conflict;
  const { operation } = entry.change;
  const mine: Readonly<Record<string, unknown>> = operation.type === 'setFields' ? operation.fields : operation.type === 'create' ? operation.content.body : {};
  const decide = async (side: 'mine' | 'theirs') => {
    if (await run(() => model.decide(item, side))) onClose();
  };
  return (
    <Modal open centered width={880} title={t('conflict.title', { kind: t(`caseKind.${item.content.kind}`) })} onCancel={onClose} mask={{ closable: false }} footer={null} destroyOnHidden>
      <div className="hz-column" data-testid="conflict-dialog">
        <p>{t('conflict.text')}</p>
        {receipt.conflicts.map((one) => (
          <section key={one.field} className="cf-conflict">
            <h3>{fieldLabel(item.content.kind, one.field, t)}</h3>
            <div className="cf-sides">
              <div className="cf-side">
                <p className="hz-small">
                  <UserOutlined /> <strong>{t('conflict.mine')}</strong> <span className="hz-muted">{clockTime(entry.change.madeAtMs, wallMs, language)}</span>
                </p>
                <p className="cf-text">{fieldText(one.field, mine[one.field], t) || t('record.empty')}</p>
              </div>
              <div className="cf-side">
                <p className="hz-small">
                  <CloudServerOutlined /> <strong>{t('conflict.theirs')}</strong> <span className="hz-muted">{fullName(one.by, language)} · {clockTime(one.atMs, wallMs, language)}</span>
                </p>
                <p className="cf-text">{fieldText(one.field, one.value, t) || t('record.empty')}</p>
              </div>
            </div>
          </section>
        ))}
        {error && <ErrorNotice error={error} />}
        <div className="cf-sides">
          <Button size="large" loading={isWorking} onClick={() => void decide('mine')} data-testid="take-mine">
            {t('conflict.takeMine')}
          </Button>
          <Button size="large" loading={isWorking} onClick={() => void decide('theirs')} data-testid="take-theirs">
            {t('conflict.takeTheirs')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
