import { Button, Input, Modal, Select } from 'antd';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { AskedStep, SessionPlan } from '#shared/domain/consultation/steps';
import { organisationIdSchema } from '#shared/domain/ids';
import type { RequestDetail } from '#shared/protocol/consultation';
import { AppError } from '#shared/protocol/errors';
import { pick } from '../../i18n/format.ts';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { useText } from '../../ui/text.ts';
import { useRequests } from './requestContext.ts';
import type { BarStep } from './StepBar.tsx';
import { StepErrorNotice } from './StepErrorNotice.tsx';
import { useTake } from './useTake.ts';

interface Props {
  readonly step: BarStep;
  readonly detail: RequestDetail;
  readonly onClose: () => void;
}

/** Asks for what a step needs; it stays open, with what was typed, while the step is refused. */
export function StepDialog({ step, detail, onClose }: Props) {
  const { t } = useText();
  const { take } = useTake();
  const run = (asked: AskedStep) => void take(asked).then((isTaken) => (isTaken ? onClose() : undefined));
  const patient = detail.summary.patientMasked;
  switch (step) {
    case 'screen':
    case 'accept':
      return null;
    case 'archive':
    case 'closeSession':
      return <ConfirmDialog isOpen title={t('confirm.of', { step: t(`step.${step}`), patient })} text={t(`confirm.${step}`)} confirmLabel={t(`step.${step}`)} confirmTestId="step-confirm" onConfirm={() => run({ type: step })} onCancel={onClose} />;
    case 'schedule':
    case 'reschedule':
      return <PlanDialog step={step} detail={detail} onClose={onClose} />;
    default:
      return <WordsDialog step={step} detail={detail} onClose={onClose} />;
  }
}

type WordStep = Exclude<BarStep, 'screen' | 'accept' | 'archive' | 'closeSession' | 'schedule' | 'reschedule'>;

function WordsDialog({ step, detail, onClose }: Props & { readonly step: WordStep }) {
  const { t, language } = useText();
  const { model } = useRequests();
  const { take, taking, isOff } = useTake();
  const { stepError, centres } = useStore(model.store);
  const [words, setWords] = useState('');
  const [to, setTo] = useState<string | null>(null);
  const [isAsked, setAsked] = useState(false);
  const needsWords = step !== 'approve';
  const others = (centres ?? []).filter(({ id }) => id !== detail.request.centreId);
  useEffect(() => {
    if (step === 'forward') model.loadCentres();
  }, [step, model]);

  const submit = () => {
    setAsked(true);
    const text = words.trim();
    if (isOff || (needsWords && text === '') || (step === 'forward' && to === null)) return;
    const asked: AskedStep =
      step === 'approve' ? { type: step, note: text } : step === 'forward' ? { type: step, reason: text, centreId: organisationIdSchema.parse(to) } : { type: step, reason: text };
    void take(asked).then((isTaken) => (isTaken ? onClose() : undefined));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
  };
  const label = t(step === 'approve' ? 'approval.note' : step === 'returnForMaterial' ? 'reason.material' : 'reason.label');
  return (
    <Modal
      open
      centered
      title={t('confirm.of', { step: t(`step.${step}`), patient: detail.summary.patientMasked })}
      onCancel={onClose}
      closable={false}
      footer={
        <div className="rq-form-end">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="primary" danger={step === 'decline' || step === 'cancel' || step === 'noShow' || step === 'refuseApproval'} disabled={isOff && taking === null} loading={taking === step} onClick={submit} data-testid="step-confirm">
            {t(`step.${step}`)}
          </Button>
        </div>
      }
    >
      <div className="rq-fields" onKeyDown={onKeyDown}>
        {stepError && <StepErrorNotice error={stepError} detail={detail} onClose={model.clearStepError} />}
        {step === 'forward' && (
          <label className="rq-field" htmlFor="forward-to">
            <span>{t('forward.to')}</span>
            <Select id="forward-to" value={to} onChange={setTo} notFoundContent={t('forward.none')} options={others.map(({ id, name, relation }) => ({ value: id, label: `${pick(name, language)} · ${t(`forward.${relation}`)}` }))} data-testid="forward-to" />
          </label>
        )}
        <label className="rq-field">
          <span>{label}</span>
          <Input.TextArea autoFocus={step !== 'forward'} value={words} onChange={(event) => setWords(event.target.value)} maxLength={1000} autoSize={{ minRows: 3, maxRows: 8 }} data-testid="step-words" />
        </label>
        {isAsked && needsWords && words.trim() === '' && <p className="rq-problem" role="alert">{t('reason.required')}</p>}
      </div>
    </Modal>
  );
}

/** The planner is another feature's; what it gives is what is asked for. */
function PlanDialog({ step, detail, onClose }: { readonly step: 'schedule' | 'reschedule'; readonly detail: RequestDetail; readonly onClose: () => void }) {
  const { t } = useText();
  const { model, slots } = useRequests();
  const { take } = useTake();
  const onPlan = async (plan: SessionPlan, reason: string) => {
    const asked: AskedStep = step === 'schedule' ? { type: step, plan } : { type: step, plan, reason };
    if (await take(asked)) return onClose();
    const { stepError } = model.store.getState();
    model.clearStepError(); // drawn by the planner, beside what is in the way
    throw stepError ?? new AppError('workflow.notNow', 'the step was not taken');
  };
  return (
    <Modal open centered title={t(step === 'schedule' ? 'plan.title' : 'plan.titleMove', { patient: detail.summary.patientMasked })} onCancel={onClose} footer={null} width="min(1320px, 97vw)" destroyOnHidden>
      <div className="rq-fields">
        {slots.planner({ request: detail, onPlan, onCancel: onClose })}
      </div>
    </Modal>
  );
}
