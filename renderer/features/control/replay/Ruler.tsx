import { CaretRightFilled, PauseOutlined, StepBackwardFilled, StepForwardFilled } from '@ant-design/icons';
import { Button, Segmented } from 'antd';
import { memo } from 'react';
import { stopwatch } from '../../../i18n/format.ts';
import { type ReplayModel, type ReplayState, SPEEDS } from '../../../state/control/replay/replayModel.ts';
import type { Timeline } from '../../../state/control/replay/timeline.ts';
import { useText } from '../../../ui/text.ts';

/** The line of time with what happened on it, and what moves along it. */
export function Ruler({ model, state, timeline, atMs }: { readonly model: ReplayModel; readonly state: ReplayState; readonly timeline: Timeline; readonly atMs: number }) {
  const { t } = useText();
  const civil = new Date(timeline.startedAtMs + atMs).toLocaleTimeString('zh-CN', { hour12: false });
  return (
    <div className="rp-ruler">
      <div className="rp-line">
        <Marks timeline={timeline} />
        <input
          type="range" min={0} max={Math.max(1, Math.ceil(timeline.durationMs))} step={100} value={atMs}
          onChange={(event) => model.seek(Number(event.currentTarget.value))}
          aria-label={t('replay.ruler')} aria-valuetext={`${stopwatch(atMs)}, ${civil}`} data-testid="replay-ruler"
        />
      </div>
      <div className="rp-controls">
        <Button size="large" icon={<StepBackwardFilled />} onClick={() => model.step(-1)} aria-label={t('replay.back')} title={`${t('replay.back')} (K)`} />
        <Button type="primary" size="large" icon={state.isPlaying ? <PauseOutlined /> : <CaretRightFilled />} onClick={() => (state.isPlaying ? model.pause() : model.play())} data-testid="replay-play">{t(state.isPlaying ? 'replay.pause' : 'replay.play')}</Button>
        <Button size="large" icon={<StepForwardFilled />} onClick={() => model.step(1)} aria-label={t('replay.next')} title={`${t('replay.next')} (J)`} />
        <span className="rp-time"><strong>{stopwatch(atMs)}</strong> / {stopwatch(timeline.durationMs)} <span className="hz-muted">{civil}</span></span>
        <span className="hz-grow" />
        <ul className="rp-legend hz-small" aria-hidden="true">
          <li data-mark="lease">{t('replay.legend.lease')}</li>
          <li data-mark="motion">{t('replay.legend.motion')}</li>
          <li data-mark="stop">{t('replay.legend.stop')}</li>
        </ul>
        <Segmented size="large" value={state.speed} onChange={model.setSpeed} options={SPEEDS.map((value) => ({ value, label: `${value}×` }))} aria-label={t('replay.speed')} />
      </div>
    </div>
  );
}

/** Drawn once: it does not change while it plays. */
const Marks = memo(function Marks({ timeline: { durationMs, leases, motion, events } }: { readonly timeline: Timeline }) {
  const at = (ms: number) => `${(100 * ms) / Math.max(1, durationMs)}%`;
  const span = ({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) => ({ left: at(fromMs), width: `max(2px, ${at(toMs - fromMs)})` });
  return (
    <div className="rp-marks" aria-hidden="true">
      {leases.map((lease) => <i key={lease.fromMs} data-mark="lease" style={span(lease)} />)}
      {motion.map((stretch) => <i key={stretch.fromMs} data-mark="motion" style={span(stretch)} />)}
      {events.filter(({ tone }) => tone !== 'note').map(({ atMs, tone, entry }) => <i key={entry.sequence} data-mark={tone} style={{ left: at(atMs) }} />)}
    </div>
  );
});
