import { type ReactNode, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { AlarmModel } from '../../state/control/alarmModel.ts';
import type { BedsideModel, BedsideState } from '../../state/control/bedsideModel.ts';
import type { GuidanceCue } from '#shared/control/guidance';
import { isHeard, nextMove } from '../../state/control/liveView.ts';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { type Translate, useText } from '../../ui/text.ts';
import { AlarmPause } from './AlarmPause.tsx';
import { CueArrow } from './CueArrow.tsx';
import { ForceBar, LatencyGauge } from './Gauges.tsx';
import { GrantCard } from './GrantCard.tsx';
import { StopButton } from './StopButton.tsx';
import { StopNotice } from './StopNotice.tsx';
import './control.css';

export interface BedsideProps {
  readonly model: BedsideModel;
  readonly alarms: AlarmModel;
  readonly picture: ReactNode;
  readonly nameOf: (peerId: string) => string;
  readonly onTakeBackStop: () => void;
  /** Says a cue aloud. */
  readonly onSpeak: (text: string) => void;
}

/** Beside the patient: who steers, what the probe does next, the force, and the last word under a gloved thumb. */
export function Bedside({ model, alarms, picture, nameOf, onTakeBackStop, onSpeak }: BedsideProps) {
  const { t } = useText();
  const state = useStore(model.store);
  const [isResetting, setResetting] = useState(false);
  const { status, live, cue } = state;
  useEffect(() => {
    if (cue !== null) onSpeak(t(`probe.cue.${cue}`));
  }, [cue, onSpeak, t]);
  if (status === null) return null;
  const { lease, isStopLatched } = status;
  const [asking] = status.asking;
  const isMoving = live?.phase === 'engaged' || live?.phase === 'stopping';
  return (
    <section className="ct-bedside" data-moving={isMoving} data-stopped={isStopLatched} aria-label={t('probe.title')}>
      <Header state={state} nameOf={nameOf} alarms={alarms} />
      <div className="ct-picture">
        {picture}
        {cue !== null && <CueCall cue={cue} />}
      </div>
      <div className="ct-bedside-info">
        {!isStopLatched && <StopNotice standing={state.stopStanding} isBeside onTakeBack={onTakeBackStop} />}
        {state.error && <ErrorNotice error={state.error} />}
        {asking !== undefined && !isStopLatched && <GrantCard key={`${asking.by}-${asking.mode}`} model={model} asking={asking} hasConsent={state.hasConsent} isWorking={state.isWorking} />}
        {lease !== null && live !== null && (
          <div className="ct-gauges">
            <NextMove state={state} />
            <ForceBar forceN={live.forceN} targetN={live.targetForceN} limitN={status.limits.maxForceN} isInContact={live.isInContact} />
            <LatencyGauge roundTripMs={live.roundTripMs} grade={live.grade} />
          </div>
        )}
        {lease === null && asking === undefined && !isStopLatched && <p className="ct-hint ct-quiet">{t('probe.bedsideIdle')}</p>}
      </div>
      <div className="ct-bedside-foot">
        {isStopLatched ? (
          <button type="button" className="ct-big" onClick={() => setResetting(true)} data-testid="reset-stop">
            <strong>{t('probe.reset')}</strong>
            <span>{t('probe.resetHint')}</span>
          </button>
        ) : (
          <button type="button" className="ct-big" disabled={lease === null} onClick={() => void model.takeOver()} data-testid="take-over">
            <strong>{t('probe.takeOver')}</strong>
            <span>{lease === null ? t('probe.nobody') : t('probe.takeOverHint')}</span>
          </button>
        )}
        <StopButton isWide isLatched={isStopLatched} standing={state.stopStanding} onStop={model.stop} />
      </div>
      <ConfirmDialog
        isOpen={isResetting}
        title={t('probe.resetTitle')}
        text={t('probe.resetText')}
        confirmLabel={t('probe.resetConfirm')}
        confirmTestId="reset-confirm"
        isDangerous
        onConfirm={() => {
          setResetting(false);
          void model.resetStop();
        }}
        onCancel={() => setResetting(false)}
      />
    </section>
  );
}

function Header({ state: { status, live }, nameOf, alarms }: { readonly state: BedsideState; readonly nameOf: (peerId: string) => string; readonly alarms: AlarmModel }) {
  const { t } = useText();
  if (status === null) return null;
  const { lease } = status;
  const isMoving = live?.phase === 'engaged';
  return (
    <header className="ct-who" role="status" data-testid="control-who">
      <div className="hz-grow">
        <h1>{whoSteers({ status, live }, nameOf, t)}</h1>
        {lease !== null && <p>{t(`probe.mode.${lease.mode}`)}{isMoving ? ` · ${t('probe.movingNow')}` : ''}</p>}
      </div>
      <AlarmPause model={alarms} />
      {lease !== null && (
        <p className="ct-code" title={t('probe.codeHint')}>
          <small>{t('probe.code')}</small>
          <strong>{lease.checkCode ?? '····'}</strong>
        </p>
      )}
    </header>
  );
}

function whoSteers({ status, live }: Pick<BedsideState, 'status' | 'live'>, nameOf: (peerId: string) => string, t: Translate): string {
  if (status === null) return '';
  if (status.isStopLatched) return t('probe.line.stopped', { name: status.stoppedBy === null ? '' : nameOf(status.stoppedBy) });
  if (status.fault !== null) return t('probe.faultOf', { fault: status.fault });
  if (live === null || !isHeard(live)) return t('probe.deviceSilent');
  return status.lease === null ? t('probe.nobody') : t('probe.steeredBy', { name: status.lease.name });
}

/** [CTL71] What the probe is about to do, in words and as an arrow. */
function NextMove({ state: { status, live } }: { readonly state: BedsideState }) {
  const { t } = useText();
  if (live === null || status?.lease === null) return null;
  const { move, turn } = nextMove(live.measured, live.target);
  const isMoving = live.phase === 'engaged' && (move !== null || turn !== null);
  const cue: GuidanceCue = !isMoving ? 'holdStill' : move !== null ? ({ left: 'moveLeft', right: 'moveRight', up: 'moveUp', down: 'moveDown', in: 'pressMore', out: 'pressLess' } as const)[move.direction] : (turn?.turning ?? 'holdStill');
  const words = !isMoving ? t(status?.lease?.mode === 'manual' ? 'probe.youHold' : 'probe.staysStill') : [move && t(`probe.direction.${move.direction}`), turn && t(`probe.turning.${turn.turning}`)].filter(Boolean).join(' · ');
  return (
    <div className="ct-next" data-moving={isMoving}>
      <CueArrow cue={cue} />
      <div>
        <small>{t('probe.next')}</small>
        <strong>{words}</strong>
      </div>
    </div>
  );
}

/** [CTL73] Over the picture, as large as it goes: what the expert asks for. */
function CueCall({ cue }: { readonly cue: GuidanceCue }) {
  const { t } = useText();
  return (
    <div className="ct-call" role="status" data-testid="cue-call">
      <CueArrow cue={cue} />
      <strong>{t(`probe.cue.${cue}`)}</strong>
    </div>
  );
}
