import { Button, Tooltip } from 'antd';
import type { AskedStep } from '#shared/domain/consultation/steps';
import type { ConsultId } from '#shared/domain/ids';
import type { RequestDetail } from '#shared/protocol/consultation';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { isOpenStep, useRequests } from './requestContext.ts';
import { StepDialog } from './StepDialog.tsx';
import { useTake } from './useTake.ts';

/** Steps that are pressed here, the way on first; the others are taken where what they need is written. */
const BAR = ['approve', 'accept', 'schedule', 'screen', 'reschedule', 'waiveRehearsal', 'closeSession', 'archive', 'refuseApproval', 'returnForMaterial', 'forward', 'noShow', 'decline', 'cancel'] as const satisfies readonly AskedStep['type'][];
export type BarStep = (typeof BAR)[number];
const WAY_ON: readonly BarStep[] = ['approve', 'accept', 'schedule', 'screen'];
const GRAVE: readonly BarStep[] = ['refuseApproval', 'decline', 'noShow', 'cancel'];
const KEYS: Readonly<Record<string, BarStep>> = { s: 'screen', a: 'accept', r: 'returnForMaterial', d: 'decline', f: 'forward' };

/** The step a key means in triage; null: none. */
export function stepOfKey(key: string): BarStep | null {
  return KEYS[key.toLowerCase()] ?? null;
}

export interface StepBarProps {
  readonly detail: RequestDetail;
  /** The step whose dialog is open. */
  readonly asked: BarStep | null;
  readonly onAsk: (step: BarStep | null) => void;
}

/** What the reader can do with a request now, the way on first. */
export function StepBar({ detail, asked, onAsk }: StepBarProps) {
  const { t } = useText();
  const { isOnline, canJoin, onJoin, serverNowMs } = useRequests();
  const { wallMs } = useNow(15_000);
  const { take, taking, isOff } = useTake();
  const { appointment } = detail.request;
  // [WFL35] Nobody has missed what has not begun.
  const hasBegun = appointment !== null && serverNowMs(wallMs) >= appointment.startsAtMs;
  const steps = BAR.filter((step) => isOpenStep(detail, step) && (step !== 'noShow' || hasBegun));
  const way = WAY_ON.find((step) => steps.includes(step));
  const consultId = joinable(detail);
  const isDraft = isOpenStep(detail, 'send');
  if (steps.length === 0 && (consultId === null || !canJoin)) return null;
  const hint = (step: BarStep) => Object.entries(KEYS).find(([, one]) => one === step)?.[0].toUpperCase();

  return (
    <div className="rq-steps" data-testid="request-steps">
      {consultId !== null && canJoin && (
        <Button type="primary" disabled={!isOnline} onClick={() => onJoin(consultId, detail.request.id)} data-testid="request-join">
          {t('request.join')}
        </Button>
      )}
      {isDraft && (
        <Button type="primary" onClick={() => document.getElementById('request-send')?.scrollIntoView({ block: 'end' })}>
          {t('send.toSend')}
        </Button>
      )}
      {steps.map((step) => (
        <Tooltip key={step} title={isOnline ? '' : t('requests.offlineReason')}>
          <Button type={step === way ? 'primary' : 'default'} danger={GRAVE.includes(step)} disabled={isOff} loading={taking === step} aria-keyshortcuts={hint(step)} onClick={() => choose(step, take, onAsk)} data-testid={`step-${step}`}>
            {t(`step.${step}`)}
          </Button>
        </Tooltip>
      ))}
      {asked !== null && steps.includes(asked) && <StepDialog step={asked} detail={detail} onClose={() => onAsk(null)} />}
    </div>
  );
}

/** Takes a step at once with which nothing is said, or asks for the words of another. */
export function choose(step: BarStep, take: (step: AskedStep) => Promise<boolean>, onAsk: (step: BarStep) => void): void {
  if (step === 'screen' || step === 'accept') void take({ type: step });
  else onAsk(step);
}

/** The consult whose door is open by the request's state; the server has the last word. */
function joinable({ request }: RequestDetail): ConsultId | null {
  if (request.appointment === null) return null;
  const isOpen = request.state === 'inSession' || request.state === 'rehearsed' || (request.state === 'scheduled' && request.form.urgency === 'emergency');
  return isOpen ? request.appointment.consultId : null;
}
