import { CheckCircleFilled } from '@ant-design/icons';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useStore } from 'zustand';
import { SIMULATOR_LIMITS } from '#shared/simulator/arm';
import type { ConsoleModel } from '../../state/control/consoleModel.ts';
import { nextMove } from '../../state/control/liveView.ts';
import { NEAR, WARM_UP_TARGETS, type WarmUpModel } from '../../state/control/warmUpModel.ts';
import { useText } from '../../ui/text.ts';
import { ForceBar } from './Gauges.tsx';
import { HandPads } from './HandPads.tsx';
import { InputChoice } from './InputChoice.tsx';
import { PoseView } from './PoseView.tsx';
import { StopButton } from './StopButton.tsx';

/** [CTL72] Practice on the phantom, in this page: three places to reach and stay at; the result at the end. */
export function WarmUp({ model, console: consoleModel, picture }: { readonly model: WarmUpModel; readonly console: ConsoleModel; readonly picture: ReactNode }) {
  const { t } = useText();
  const state = useStore(model.store);
  useStore(consoleModel.store, (s) => s.hand); // the pads show how the hand is
  const foot = <PracticeFoot model={consoleModel} />;
  const { live, target, phase } = state;
  const goal = WARM_UP_TARGETS[target];
  if (phase === 'done') {
    return (
      <section className="ct-result" aria-label={t('probe.warmUpTitle')}>
        <CheckCircleFilled />
        <h1>{t('probe.warmUpDone')}</h1>
        <dl>
          <div><dt>{t('probe.result.seconds')}</dt><dd>{t('probe.result.secondsValue', { seconds: Math.round(state.seconds) })}</dd></div>
          <div><dt>{t('probe.result.force')}</dt><dd>{state.mostForceN.toFixed(1)} N</dd></div>
          <div><dt>{t('probe.result.breaks')}</dt><dd>{state.breaks}</dd></div>
        </dl>
        <div className="hz-row">
          <Button size="large" onClick={model.start}>{t('probe.warmUpAgain')}</Button>
          <Button size="large" type="primary" onClick={model.close} data-testid="warm-up-close">{t('probe.toConsole')}</Button>
        </div>
        {foot}
      </section>
    );
  }
  const left = live && goal ? nextMove(live.measured, goal) : null;
  const isHere = state.distanceMm <= NEAR.mm && state.turnDeg <= NEAR.deg;
  const waits = live === null || live.phase === 'engaged' ? null : t(`probe.line.${live.waitReason}`, { deg: 0 });
  return (
    <section className="ct-console" data-moving={live?.phase === 'engaged'} aria-label={t('probe.warmUpTitle')}>
      <div className="ct-main">
        <div className="ct-line" data-tone={isHere ? 'good' : live?.phase === 'engaged' ? 'moving' : 'quiet'} data-target={target} data-phase={live?.phase} data-move={left?.move?.direction} data-mm={left?.move?.mm} data-turning={left?.turn?.turning} data-deg={left?.turn?.deg} role="status" data-testid="practice-line">
          <p>
            <strong>{t('probe.warmUpTarget', { number: target + 1, count: WARM_UP_TARGETS.length })}</strong>{' '}
            {waits ?? (isHere ? t('probe.warmUpStay') : <>
              {left?.move && t('probe.warmUpMove', { direction: t(`probe.direction.${left.move.direction}`), mm: Math.round(left.move.mm) })}
              {left?.turn && left.turn.deg > NEAR.deg && <> {t(`probe.turning.${left.turn.turning}`)} {Math.round(left.turn.deg)}°</>}
            </>)}
          </p>
        </div>
        <div className="ct-picture">{picture}</div>
      </div>
      <aside className="ct-side">
        <div className="ct-lease">
          <h1 className="hz-grow">{t('probe.warmUpTitle')}</h1>
          <Button onClick={model.close}>{t('probe.warmUpEnd')}</Button>
        </div>
        <p className="ct-hint">{t('probe.warmUpHint')}</p>
        {live && goal && (
          <>
            <div className="ct-gauges"><ForceBar forceN={live.forceN} targetN={live.targetForceN} limitN={SIMULATOR_LIMITS.maxForceN} isInContact={live.isInContact} /></div>
            <PoseView measured={live.measured} target={goal} isMoving limits={SIMULATOR_LIMITS} tiltDeg={live.tiltDeg} near={null} />
          </>
        )}
        <InputChoice hand={consoleModel.hand} maxForceN={0} onScale={consoleModel.setScale} onForce={consoleModel.setForceN} />
        {consoleModel.hand.view.chosen === 'pads' && <HandPads hand={consoleModel.hand} isTurningOnly={false} isOff={false} />}
        {foot}
      </aside>
    </section>
  );
}

/** [CTL67] [CTL74] Practice takes nobody's stop away: the real device goes on meanwhile, and somebody else may steer it. */
function PracticeFoot({ model }: { readonly model: ConsoleModel }) {
  const { t } = useText();
  const { status, stopStanding } = useStore(model.store);
  const isStopped = status?.isStopLatched === true;
  return (
    <div className="ct-foot">
      <p className="ct-hint" data-testid="practice-who">{isStopped ? t('probe.stopLatched') : status?.lease ? t('probe.steeredBy', { name: status.lease.name }) : t('probe.nobody')}</p>
      <StopButton isLatched={isStopped} standing={stopStanding} onStop={model.stop} />
    </div>
  );
}
