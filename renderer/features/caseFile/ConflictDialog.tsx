import { CheckCircleFilled, CloudServerOutlined, UserOutlined } from '@ant-design/icons';
import { Button, Modal } from 'antd';
import { type ReactNode, useState } from 'react';
import { clockTime, fullName } from '../../i18n/format.ts';
import { conflictSides } from '../../services/cases/conflictSides.ts';
import type { ViewedItem } from '../../services/cases/caseView.ts';
import { fieldLabel } from '../../ui/caseText.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { fieldText } from './FieldRow.tsx';
import { useFile } from './fileContext.ts';
import { useWork } from './useWork.ts';

type Side = 'mine' | 'theirs';

/** One's own value and the server's beside each other; a person decides, field by field [OFF5]. Neither side is chosen beforehand. */
export function ConflictDialog({ item, onClose }: { readonly item: ViewedItem; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { model } = useFile();
  const { isWorking, error, run } = useWork();
  const { wallMs } = useNow(60_000);
  const [chosen, setChosen] = useState<Readonly<Record<string, Side>>>({});
  if (!item.conflict) return null;
  const { entry } = item.conflict;
  const { fields, others } = conflictSides(item.conflict);
  const isDecided = fields.every(({ field }) => chosen[field] !== undefined);
  const save = async () => {
    const keep = fields.filter(({ field }) => chosen[field] === 'mine').map(({ field }) => field);
    if (await run(() => model.decide(item, keep))) onClose();
  };
  const side = (field: string, name: Side, head: ReactNode, text: string, takeLabel: string) => {
    const isChosen = chosen[field] === name;
    return (
      <div className="cf-side" data-chosen={isChosen}>
        <p className="hz-small">{head}</p>
        <p className="cf-text cf-side-text">{text || t('record.empty')}</p>
        <Button block size="large" type={isChosen ? 'primary' : 'default'} icon={isChosen ? <CheckCircleFilled /> : null} aria-pressed={isChosen} onClick={() => setChosen((old) => ({ ...old, [field]: name }))} data-testid={`take-${name}-${field}`}>
          {takeLabel}
        </Button>
      </div>
    );
  };
  return (
    <Modal
      open
      centered
      width={880}
      title={t('conflict.title', { kind: t(`caseKind.${item.content.kind}`) })}
      onCancel={onClose}
      mask={{ closable: false }}
      destroyOnHidden
      okText={t('conflict.save')}
      okButtonProps={{ size: 'large', disabled: !isDecided, loading: isWorking, className: 'cf-conflict-save' }}
      cancelButtonProps={{ size: 'large' }}
      cancelText={t('conflict.later')}
      onOk={() => void save()}
    >
      <div className="hz-column" data-testid="conflict-dialog">
        <p>{t('conflict.text')}</p>
        {fields.map(({ field, mine, theirs, by, atMs }) => (
          <section key={field} className="cf-conflict" aria-label={fieldLabel(item.content.kind, field, t)}>
            <h3>{fieldLabel(item.content.kind, field, t)}</h3>
            <div className="cf-sides">
              {side(field, 'mine', <><UserOutlined /> <strong>{t('conflict.mine')}</strong> <span className="hz-muted">{clockTime(entry.change.madeAtMs, wallMs, language)}</span></>, fieldText(field, mine, t), t('conflict.takeMine'))}
              {side(field, 'theirs', <><CloudServerOutlined /> <strong>{t('conflict.theirs')}</strong> <span className="hz-muted">{fullName(by, language)} · {clockTime(atMs, wallMs, language)}</span></>, fieldText(field, theirs, t), t('conflict.takeTheirs'))}
            </div>
          </section>
        ))}
        {others.length > 0 && <p className="hz-muted">{t('conflict.others', { fields: others.map((field) => fieldLabel(item.content.kind, field, t)).join(t('common.listComma')) })}</p>}
        {error && <ErrorNotice error={error} />}
      </div>
    </Modal>
  );
}
