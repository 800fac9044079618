import { Button, Input } from 'antd';
import { useState } from 'react';
import type { RequestDetail } from '#shared/protocol/consultation';
import { useText } from '../../ui/text.ts';
import { isOpenStep, useRequests } from './requestContext.ts';
import { Section } from './Section.tsx';
import { useTake } from './useTake.ts';

/** What the centre asked for; the hospital adds it to the case and sends the request on. */
export function MaterialSection({ detail, asked, isUnsent }: { readonly detail: RequestDetail; readonly asked: string; /** Part of the case is still on its way. */ readonly isUnsent: boolean }) {
  const { t } = useText();
  const { onOpenCase } = useRequests();
  const { take, taking, isOff } = useTake();
  const [note, setNote] = useState('');
  return (
    <Section title={t('request.section.material')} testId="material">
      <p className="hz-muted">{t('material.asked')}</p>
      <p className="rq-note" data-testid="material-asked">{asked}</p>
      {isOpenStep(detail, 'supply') && (
        <>
          <label className="rq-field">
            <span>{t('material.note')}</span>
            <Input value={note} onChange={(event) => setNote(event.target.value)} maxLength={1000} />
          </label>
          {isUnsent && <p className="hz-muted">{t('form.notSent')}</p>}
          <div className="rq-form-end">
            <Button onClick={() => onOpenCase(detail.request.caseId)}>{t('request.openCase')}</Button>
            <Button type="primary" disabled={isOff || isUnsent} loading={taking === 'supply'} onClick={() => void take({ type: 'supply', note: note.trim() })} data-testid="step-supply">
              {t('material.supply')}
            </Button>
          </div>
        </>
      )}
    </Section>
  );
}
