import { Button, Segmented } from 'antd';
import { type ReactNode, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { movesProbe } from '#shared/control/modes';
import type { AlarmModel } from '../../state/control/alarmModel.ts';
import type { ConsoleModel, ConsoleState } from '../../state/control/consoleModel.ts';
import { limitNear } from '../../state/control/liveView.ts';
import type { WarmUpModel } from '../../state/control/warmUpModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { AlarmPause } from './AlarmPause.tsx';
import { AskCard } from './AskCard.tsx';
import { CuePad } from './CuePad.tsx';
import { ForceBar, LatencyGauge } from './Gauges.tsx';
import { HandPads } from './HandPads.tsx';
import { InputChoice } from './InputChoice.tsx';
import { PoseView } from './PoseView.tsx';
import { SettingsPanel } from './SettingsPanel.tsx';
import { StateStrip } from './StateStrip.tsx';
import { StopButton } from './StopButton.tsx';
import { StopNotice } from './StopNotice.tsx';
import { WarmUp } from './WarmUp.tsx';
import './control.css';

/** The expert's console: the picture, what the probe does, what the hand does, and the stop. `picture` is the live ultrasound. */
export function Console({ model, warmUp, alarms, picture, practicePicture, onTakeBackStop }: { readonly model: ConsoleModel; readonly warmUp: WarmUpModel; readonly alarms: AlarmModel; readonly picture: ReactNode; readonly practicePicture: ReactNode; readonly onTakeBackStop: () => void }) {
  const { t } = useText();
  const state = useStore(model.store);
  const isPractising = useStore(warmUp.store, (s) => s.phase !== 'off');
  const { status, operator, live } = state;
  const [tab, setTab] = useState<'move' | 'picture'>('move');
  const isSteering = operator.phase !== 'idle' && operator.phase !== 'asking';
  const hasTabs = operator.mode !== 'settings';
  useEffect(() => {
    model.setShown(true);
    return () => model.setShown(false);
  }, [model]);

  if (isPractising) return <WarmUp model={warmUp} console={model} picture={practicePicture} />;
  return (
    <section className="ct-console" data-moving={operator.phase === 'engaged'} data-stopped={status?.isStopLatched} aria-label={t('probe.title')}>
      <div className="ct-main">
        {status?.isStopLatched !== true && <StopNotice standing={state.stopStanding} isBeside={false} onTakeBack={onTakeBackStop} />}
        <StateStrip line={state.line} turning={state.match.turning} />
        <div className="ct-picture">
          {picture}
          {status?.settings.applied.isFrozen && <span className="ct-frozen">{t('probe.frozen')}</span>}
        </div>
      </div>
      <aside className="ct-side">
        <LeaseCard model={model} state={state} />
        {state.error && <ErrorNotice error={state.error} />}
        {status !== null && isSteering && live !== null && (
          <div className="ct-gauges">
            <LatencyGauge roundTripMs={live.roundTripMs} grade={live.grade} />
            <ForceBar forceN={live.forceN} targetN={live.targetForceN} limitN={status.limits.maxForceN} isInContact={live.isInContact} />
          </div>
        )}
        {!isSteering && state.device !== null && <AskCard model={model} state={state} onWarmUp={warmUp.start} />}
        {status !== null && isSteering && (
          <>
            {hasTabs && <Segmented block className="ct-tabs" value={tab} options={[{ value: 'move', label: operator.mode === 'manual' ? t('probe.tabGuide') : t('probe.tabMove') }, { value: 'picture', label: <span data-testid="tab-picture">{t('probe.tabPicture')}</span> }]} onChange={setTab} />}
            <div className="ct-panels" data-tab={hasTabs ? tab : 'picture'}>
              <div className="ct-panel" data-panel="move">
                {live !== null && operator.mode !== null && movesProbe(operator.mode) && state.line.what !== 'lineRefused' && <PoseView measured={live.measured} target={live.target} isMoving={live.phase === 'engaged'} limits={status.limits} tiltDeg={live.tiltDeg} near={limitNear(live, status.limits)} />}
                <Steering model={model} state={state} />
              </div>
              <div className="ct-panel" data-panel="picture">
                {!hasTabs && <p className="ct-hint">{t('probe.settingsOnly')}</p>}
                <SettingsPanel settings={status.settings} operator={operator} isOff={operator.phase === 'lost'} onChange={model.setSettings} />
              </div>
            </div>
          </>
        )}
        <div className="ct-foot">
          <div className="hz-column ct-foot-side">
            <AlarmPause model={alarms} />
            <span className="ct-hint">{t('probe.stopKey')}</span>
          </div>
          <StopButton isLatched={status?.isStopLatched ?? false} standing={state.stopStanding} onStop={model.stop} />
        </div>
      </aside>
    </section>
  );
}

/** Whose lease it is, in which mode, with the check code that the bedside reads out. */
function LeaseCard({ model, state: { device, operator, status } }: { readonly model: ConsoleModel; readonly state: ConsoleState }) {
  const { t } = useText();
  const isSteering = operator.phase !== 'idle' && operator.phase !== 'asking';
  if (device === null) return null;
  return (
    <div className="ct-lease">
      <div className="hz-grow">
        <h1>{isSteering && operator.mode ? t(`probe.mode.${operator.mode}`) : status?.lease ? t('probe.steeredBy', { name: status.lease.name }) : t('probe.nobody')}</h1>
        <p className="hz-muted hz-small hz-ellipsis">{device.kind === 'simulator' ? t('probe.simulator') : device.model}</p>
      </div>
      {operator.checkCode !== null && (
        <p className="ct-code" title={t('probe.codeHint')}>
          <small>{t('probe.code')}</small>
          <strong>{operator.checkCode}</strong>
        </p>
      )}
      {isSteering && <Button onClick={model.release} data-testid="release">{t('probe.release')}</Button>}
    </div>
  );
}

/** What this mode needs of the hand. */
function Steering({ model, state }: { readonly model: ConsoleModel; readonly state: ConsoleState }) {
  const { mode, phase } = state.operator;
  if (mode === 'manual') return <CuePad onCue={model.sendCue} />;
  if (mode === null || !movesProbe(mode)) return null;
  const isOff = phase === 'stopped' || phase === 'fault' || phase === 'lost' || state.line.what === 'lineRefused';
  if (state.line.what === 'lineRefused') return <CuePad onCue={model.sendCue} />;
  return (
    <>
      <InputChoice hand={model.hand} maxForceN={state.status?.limits.maxForceN ?? 0} onScale={model.setScale} onForce={model.setForceN} />
      {state.hand.chosen === 'pads' && <HandPads hand={model.hand} isTurningOnly={mode === 'orientation'} isOff={isOff} />}
    </>
  );
}
