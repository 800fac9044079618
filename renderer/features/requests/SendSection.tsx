import { CheckCircleFilled, ExclamationCircleFilled } from '@ant-design/icons';
import { Button, Input, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { CaseItemKind } from '#shared/domain/caseFile';
import type { RequiredPart } from '#shared/domain/consultation/form';
import { organisationIdSchema } from '#shared/domain/ids';
import type { RequestDetail } from '#shared/protocol/consultation';
import { pick } from '../../i18n/format.ts';
import { nearestCentre } from '../../state/requests/requestModel.ts';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { useText } from '../../ui/text.ts';
import type { LiveForm } from './DraftSection.tsx';
import { useRequests } from './requestContext.ts';
import { Section } from './Section.tsx';
import { useTake } from './useTake.ts';

/** Where each part is written: in the form above, or in the case file under this kind. */
const WRITTEN_IN: Readonly<Record<RequiredPart, CaseItemKind | { readonly field: string }>> = {
  patientName: 'patient', patientSex: 'patient', patientAge: 'patient', presentIllness: 'history', finding: 'examination', consent: 'consent',
  question: { field: 'form-question' }, diagnosis: { field: 'form-diagnosis' }, wanted: { field: 'form-wanted' },
};

/** What is missing, each with the way to where it is written; the centre; and sending, which names patient and centre once more. */
export function SendSection({ detail, form }: { readonly detail: RequestDetail; readonly form: LiveForm }) {
  const { t, language } = useText();
  const { model } = useRequests();
  const { take, taking, isOff } = useTake();
  const centres = useStore(model.store, (s) => s.centres);
  const [chosen, setChosen] = useState<string | null>(null);
  const [exception, setException] = useState('');
  const [isConfirming, setConfirming] = useState(false);
  useEffect(() => {
    if (centres === null) model.loadCentres();
  }, [centres, model]);
  const offered = (centres ?? []).filter(({ relation }) => relation !== 'below');
  const centreId = chosen ?? nearestCentre(offered);
  const centre = offered.find(({ id }) => id === centreId) ?? null;
  const isExcepted = form.isEmergency && !form.hasConsent && exception.trim() !== '';
  const missing = form.missing.filter((part) => part !== 'consent' || !isExcepted);
  const send = () => {
    if (centre === null) return;
    setConfirming(false);
    void take({ type: 'send', centreId: organisationIdSchema.parse(centre.id), consentException: isExcepted ? exception.trim() : '' });
  };
  return (
    <Section title={t('request.section.send')} testId="send-section">
      <span id="request-send" />
      {missing.length > 0 ? (
        <>
          <p>{t('send.missing')}</p>
          <ul className="rq-missing" data-testid="missing">
            {missing.map((part) => (
              <MissingLine key={part} part={part} detail={detail} />
            ))}
          </ul>
        </>
      ) : (
        <p className="hz-row">
          <CheckCircleFilled style={{ color: 'var(--green)' }} /> {t('send.complete')}
        </p>
      )}
      {form.isEmergency && !form.hasConsent && (
        <label className="rq-field">
          <span>{t('send.exception')}</span>
          <Input value={exception} onChange={(event) => setException(event.target.value)} placeholder={t('send.exceptionPlaceholder')} maxLength={1000} data-testid="consent-exception" />
          <span className="hz-muted hz-small">{t('send.exceptionHelp')}</span>
        </label>
      )}
      {centres !== null && offered.length === 0 ? (
        <p className="rq-problem">{t('send.noCentre')}</p>
      ) : (
        <label className="rq-field" htmlFor="send-centre">
          <span>{t('send.centre')}</span>
          <Select id="send-centre" value={centreId} onChange={setChosen} options={offered.map(({ id, name }) => ({ value: id, label: pick(name, language) }))} data-testid="send-centre" />
        </label>
      )}
      <div className="rq-form-end">
        <Button type="primary" size="large" danger={form.isEmergency} disabled={isOff || missing.length > 0 || centre === null} loading={taking === 'send'} onClick={() => setConfirming(true)} data-testid="step-send">
          {t('step.send')}
        </Button>
      </div>
      {centre !== null && (
        <ConfirmDialog
          isOpen={isConfirming}
          title={t('send.confirmTitle', { patient: detail.summary.patientMasked })}
          text={form.isUnsent ? t('form.notSent') : t(form.isEmergency ? 'send.confirmEmergency' : 'send.confirmText', { centre: pick(centre.name, language) })}
          confirmLabel={t('send.confirm')}
          confirmTestId="send-confirm"
          isConfirmOff={form.isUnsent}
          onConfirm={send}
          onCancel={() => setConfirming(false)}
        />
      )}
    </Section>
  );
}

function MissingLine({ part, detail }: { readonly part: RequiredPart; readonly detail: RequestDetail }) {
  const { t } = useText();
  const { onOpenCase } = useRequests();
  const place = WRITTEN_IN[part];
  const go = () => {
    if (typeof place === 'string') return onOpenCase(detail.request.caseId, place);
    const field = document.getElementById(place.field);
    if (field) field.focus();
    else onOpenCase(detail.request.caseId, 'request');
  };
  return (
    <li>
      <ExclamationCircleFilled />
      <span>{t(`missing.${part}`)}</span>
      <Button type="link" size="small" onClick={go} aria-label={t('send.goToNamed', { part: t(`missing.${part}`) })} data-testid={`missing-${part}`}>
        {t('send.goTo')}
      </Button>
    </li>
  );
}
