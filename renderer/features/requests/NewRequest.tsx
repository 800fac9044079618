import { Button, Input, InputNumber, Modal, Segmented, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { Urgency } from '#shared/domain/consultation/form';
import { type CaseId, caseIdSchema, type ConsultRequestId } from '#shared/domain/ids';
import { type AppError, toAppError } from '#shared/protocol/errors';
import { pick } from '../../i18n/format.ts';
import type { CaseFilesModel } from '../../state/cases/caseFilesModel.ts';
import { type DraftIds, nearestCentre } from '../../state/requests/requestModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useRequests } from './requestContext.ts';

const SEXES = ['female', 'male', 'other', 'unknown'] as const;

export interface NewRequestProps {
  readonly isEmergency: boolean;
  readonly files: CaseFilesModel;
  readonly onClose: () => void;
  /** A draft was begun; `sendTo` is set when it is to be sent at once. */
  readonly onBegun: (requestId: ConsultRequestId, send: { readonly centreId: string; readonly consentException: string } | null) => void;
}

/** Begins a request: patient or case, question, urgency. An urgent consultation is sent with the same press. */
export function NewRequest({ isEmergency, files, onClose, onBegun }: NewRequestProps) {
  const { t, language } = useText();
  const { model, self, isOnline } = useRequests();
  const centres = useStore(model.store, (s) => s.centres);
  const cases = useStore(files.store, (s) => s.cases);
  const own = cases.filter(({ summary }) => summary.organisationId === self.organisationId);
  const [ids] = useState<DraftIds>(() => model.newIds());
  const [isNew, setNew] = useState(true);
  const [caseId, setCaseId] = useState<CaseId | null>(null);
  const [name, setName] = useState('');
  const [ageYears, setAge] = useState<number | null>(null);
  const [sex, setSex] = useState<(typeof SEXES)[number]>('unknown');
  const [question, setQuestion] = useState('');
  const [urgency, setUrgency] = useState<Exclude<Urgency, 'emergency'>>('routine');
  const [exception, setException] = useState('');
  const [chosenCentre, setCentre] = useState<string | null>(null);
  const [isAsked, setAsked] = useState(false);
  const [isWorking, setWorking] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  useEffect(() => model.loadCentres(), [model]);
  const offered = (centres ?? []).filter(({ relation }) => relation !== 'below');
  const centreId = chosenCentre ?? nearestCentre(offered);

  const problems = [
    isNew && name.trim() === '' && t('new.needsName'),
    !isNew && caseId === null && t('new.needsCase'),
    question.trim() === '' && t('new.needsQuestion'),
    // A new patient has no consent on file yet.
    isEmergency && isNew && exception.trim() === '' && t('new.needsException'),
    isEmergency && centres !== null && centreId === null && t('send.noCentre'),
  ].filter((problem) => problem !== false);

  const submit = async () => {
    setAsked(true);
    if (problems.length > 0 || isWorking || (isEmergency && centreId === null)) return;
    setWorking(true);
    setError(null);
    try {
      const patient = isNew ? { name: name.trim(), ageYears, sex } : null;
      const begun = await model.begin(ids, { caseId: isNew ? null : caseId, patient, question: question.trim(), urgency: isEmergency ? 'emergency' : urgency });
      onBegun(begun.requestId, isEmergency && centreId !== null ? { centreId, consentException: exception.trim() } : null);
    } catch (failure) {
      setError(toAppError(failure));
      setWorking(false);
    }
  };

  return (
    <Modal open centered title={t(isEmergency ? 'new.emergencyTitle' : 'new.title')} onCancel={onClose} footer={null} width={600}>
      <form
        className="rq-fields"
        data-testid="new-request"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {isEmergency && <p className="hz-muted">{t('new.emergencyText')}</p>}
        {error && <ErrorNotice error={error} />}
        {!isEmergency && (
          <Segmented
            aria-label={t('new.patientKind')}
            value={isNew ? 'new' : 'case'}
            onChange={(value) => setNew(value === 'new')}
            options={[
              { value: 'new', label: t('new.newPatient') },
              { value: 'case', label: t('new.existingCase') },
            ]}
          />
        )}
        {isNew ? (
          <>
            <label className="rq-field">
              <span>{t('new.name')}</span>
              <Input autoFocus value={name} maxLength={60} onChange={({ target }) => setName(target.value)} data-testid="new-name" />
            </label>
            <div className="rq-line">
              <label className="rq-field">
                <span>{t('new.age')}</span>
                <InputNumber min={0} max={130} precision={0} value={ageYears} onChange={setAge} data-testid="new-age" />
              </label>
              <div className="rq-field">
                <span>{t('new.sex')}</span>
                <Segmented aria-label={t('new.sex')} value={sex} onChange={setSex} options={SEXES.map((value) => ({ value, label: t(`sex.${value}`) }))} />
              </div>
            </div>
          </>
        ) : (
          <label className="rq-field" htmlFor="new-case">
            <span>{t('new.case')}</span>
            <Select id="new-case" showSearch={{ optionFilterProp: 'label' }} value={caseId} onChange={(value) => setCaseId(caseIdSchema.parse(value))} notFoundContent={t('new.noCases')} options={own.map(({ summary }) => ({ value: summary.id, label: `${summary.patientName} · ${summary.question}` }))} data-testid="new-case" />
          </label>
        )}
        <label className="rq-field">
          <span>{t('new.question')}</span>
          <Input.TextArea value={question} maxLength={2000} autoSize={{ minRows: 2, maxRows: 6 }} onChange={({ target }) => setQuestion(target.value)} data-testid="new-question" />
        </label>
        {isEmergency ? (
          <>
            <label className="rq-field">
              <span>{t('send.exception')}</span>
              <Input value={exception} placeholder={t('send.exceptionPlaceholder')} maxLength={1000} onChange={({ target }) => setException(target.value)} data-testid="new-exception" />
              <span className="hz-muted hz-small">{t('send.exceptionHelp')}</span>
            </label>
            {offered.length > 1 && (
              <label className="rq-field" htmlFor="new-centre">
                <span>{t('send.centre')}</span>
                <Select id="new-centre" value={centreId} onChange={setCentre} options={offered.map(({ id, name: centre }) => ({ value: id, label: pick(centre, language) }))} />
              </label>
            )}
          </>
        ) : (
          <div className="rq-field">
            <span>{t('new.urgency')}</span>
            <Segmented aria-label={t('new.urgency')} value={urgency} onChange={setUrgency} options={(['routine', 'urgent'] as const).map((value) => ({ value, label: t(`urgency.${value}`) }))} />
          </div>
        )}
        {isAsked && problems.length > 0 && (
          <ul className="rq-problem" role="alert">
            {problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        )}
        <div className="rq-form-end">
          <Button size="large" onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="primary" size="large" danger={isEmergency} htmlType="submit" loading={isWorking} disabled={!isOnline} data-testid="new-submit">
            {t(isEmergency ? 'new.send' : 'new.create')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
