import { UndoOutlined } from '@ant-design/icons';
import { Button, Input, Modal } from 'antd';
import { useState } from 'react';
import type { ViewedItem } from '../../services/cases/caseView.ts';
import { clockTime, fullName } from '../../i18n/format.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { useFile } from './fileContext.ts';
import { useWork } from './useWork.ts';

/** Takes an entry back with a reason: it stays, struck out [CAS7]. `name`: what it is, for the question. */
export function RetractButton({ item, name }: { readonly item: ViewedItem; readonly name: string }) {
  const { t } = useText();
  const { model, canWrite } = useFile();
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const { isWorking, error, run } = useWork();
  if (!canWrite || !item.mayChange || item.retraction !== null) return null;
  const retract = async () => {
    if (await run(() => model.retract(item.id, reason.trim()))) setOpen(false);
  };
  return (
    <>
      <Button type="text" icon={<UndoOutlined />} onClick={() => setOpen(true)} aria-label={t('retract.named', { name })} title={t('retract.action')} data-testid={`retract-${item.id}`} />
      <Modal open={isOpen} centered title={t('retract.title', { name })} onCancel={() => setOpen(false)} okText={t('retract.action')} okButtonProps={{ danger: true, disabled: reason.trim() === '', loading: isWorking, className: 'cf-retract-confirm' }} onOk={() => void retract()} destroyOnHidden>
        <div className="hz-column">
          <p>{t('retract.text')}</p>
          {error && <ErrorNotice error={error} />}
          <label className="cf-field">
            <span>{t('retract.reason')}</span>
            <Input.TextArea value={reason} onChange={(event) => setReason(event.target.value)} maxLength={400} autoSize={{ minRows: 2, maxRows: 5 }} autoFocus data-testid="retract-reason" />
          </label>
        </div>
      </Modal>
    </>
  );
}

/** Who took it back, when and why. */
export function RetractionLine({ item }: { readonly item: Pick<ViewedItem, 'retraction'> }) {
  const { t, language } = useText();
  const { wallMs } = useNow(60_000);
  if (!item.retraction) return null;
  const { by, atMs, reason } = item.retraction;
  return <p className="cf-retraction">{t('retract.line', { name: fullName(by, language), time: clockTime(atMs, wallMs, language), reason })}</p>;
}
