import { CheckCircleFilled, CloseCircleFilled, CloseOutlined, DownloadOutlined } from '@ant-design/icons';
import { Button, Modal, Skeleton } from 'antd';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { tiltDeg } from '#shared/control/pose';
import type { ReplayModel, ReplayState, Verdict } from '../../../state/control/replay/replayModel.ts';
import type { Moment, Timeline } from '../../../state/control/replay/timeline.ts';
import { ErrorNotice } from '../../../ui/parts/ErrorNotice.tsx';
import { type Translate, useText } from '../../../ui/text.ts';
import { ForceBar, LatencyGauge } from '../Gauges.tsx';
import { PoseView } from '../PoseView.tsx';
import { EventList } from './EventList.tsx';
import { whoWas } from './eventText.ts';
import { Ruler } from './Ruler.tsx';
import { gradeOf } from './gradeOf.ts';
import '../control.css';
import './replay.css';

/** Keys of a player; Space and arrows of what has the focus stay its own. */
const STEP_MS = 1000;
const LEAP_MS = 10_000;

export interface ReplayProps {
  readonly model: ReplayModel;
  readonly title: string;
  /** The video beside it, at the moment that is shown. */
  readonly video: (at: { readonly moment: Moment; readonly timeline: Timeline; readonly isPlaying: boolean; readonly speed: number }) => ReactNode;
  /** Gives the file to the person, as it stands in the case. */
  readonly onSave: (file: Blob) => void;
  readonly onClose: () => void;
}

/** [CTL114] A record of remote control: whether it is as it was written, and then what happened, along one line of time. */
export function Replay({ model, title, video, onSave, onClose }: ReplayProps) {
  const { t } = useText();
  const state = useStore(model.store);
  const body = useRef<HTMLDivElement>(null);
  const isReady = state.phase === 'ready';
  useEffect(() => {
    if (isReady) body.current?.focus();
  }, [isReady]);
  return (
    <Modal open destroyOnHidden closable={false} footer={null} width="100vw" className="rp-modal" onCancel={onClose} aria-label={t('replay.title')}>
      <div ref={body} className="rp" role="group" aria-label={title} tabIndex={-1} onKeyDown={(event) => onKey(event, model)} data-testid="replay">
        <header className="rp-head">
          <h1 className="hz-ellipsis">{t('replay.title')} · {title}</h1>
          {state.verdict && <VerdictChip verdict={state.verdict} />}
          <Button icon={<DownloadOutlined />} disabled={state.file === null} onClick={() => (state.file === null ? undefined : onSave(state.file))} data-testid="replay-save">{t('documents.save')}</Button>
          <Button icon={<CloseOutlined />} onClick={onClose} data-testid="replay-close">{t('common.close')}</Button>
        </header>
        {state.phase === 'reading' && <div className="rp-wait" role="status"><Skeleton active paragraph={{ rows: 6 }} title={false} /><p>{t('replay.checking')}</p></div>}
        {state.error && <div className="rp-wait"><ErrorNotice error={state.error} /></div>}
        {isReady && state.verdict && <VerdictText verdict={state.verdict} />}
        {isReady && (state.timeline === null || state.moment === null ? <p className="rp-wait">{t('replay.nothing')}</p> : <Player model={model} state={state} timeline={state.timeline} moment={state.moment} video={video} />)}
      </div>
    </Modal>
  );
}

function onKey(event: KeyboardEvent<HTMLDivElement>, model: ReplayModel): void {
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (event.altKey || event.ctrlKey || event.metaKey || target?.matches('input:not([type="range"]), select, textarea, video')) return;
  const { isPlaying, moment, timeline } = model.store.getState();
  if (moment === null || timeline === null) return;
  const by = event.shiftKey ? LEAP_MS : STEP_MS;
  const acts: Readonly<Record<string, (() => void) | undefined>> = {
    ' ': target?.matches('button') ? undefined : () => (isPlaying ? model.pause() : model.play()),
    ArrowLeft: () => model.seek(moment.atMs - by),
    ArrowRight: () => model.seek(moment.atMs + by),
    Home: () => model.seek(0),
    End: () => model.seek(timeline.durationMs),
    j: () => model.step(1),
    k: () => model.step(-1),
  };
  const act = acts[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
}

function VerdictChip({ verdict: { broken, isOtherEnd } }: { readonly verdict: Verdict }) {
  const { t } = useText();
  const isGood = broken === null && !isOtherEnd;
  return <span className="hz-chip" data-tone={isGood ? 'good' : 'bad'} data-testid="replay-verdict" data-good={isGood}>{isGood ? <CheckCircleFilled /> : <CloseCircleFilled />} {t(isGood ? 'replay.intact' : 'replay.notIntact')}</span>;
}

/** Where it is broken stands above everything: what is shown below may not be what happened. */
function VerdictText({ verdict: { broken, isOtherEnd, entries, lastHash } }: { readonly verdict: Verdict }) {
  const { t } = useText();
  if (broken === null && !isOtherEnd) return <p className="rp-verdict hz-muted hz-small">{t('replay.intactText', { count: entries, hash: `${lastHash.slice(0, 8)}…${lastHash.slice(-8)}` })}</p>;
  return (
    <div className="rp-verdict" role="alert" data-bad="true">
      <strong>{broken === null ? t('replay.otherEnd') : t(`replay.broken.${broken.why}`, { line: broken.line })}</strong> <span>{t('replay.notIntactText')}</span>
    </div>
  );
}

function Player({ model, state, timeline, moment, video }: { readonly model: ReplayModel; readonly state: ReplayState; readonly timeline: Timeline; readonly moment: Moment; readonly video: ReplayProps['video'] }) {
  return (
    <div className="rp-player" data-phase={moment.phase} data-stopped={moment.isStopLatched}>
      <div className="rp-video">{video({ moment, timeline, isPlaying: state.isPlaying, speed: state.speed })}</div>
      <StateAt moment={moment} timeline={timeline} />
      <Instruments moment={moment} timeline={timeline} />
      <EventList timeline={timeline} atMs={moment.atMs} onJump={model.seek} />
      <Ruler model={model} state={state} timeline={timeline} atMs={moment.atMs} />
    </div>
  );
}

/** One sentence, as the console has it: what held at that moment. */
function StateAt({ moment, timeline }: { readonly moment: Moment; readonly timeline: Timeline }) {
  const { t } = useText();
  const tone = moment.isStopLatched ? 'bad' : moment.fault !== null ? 'caution' : moment.phase === 'rest' ? 'quiet' : 'moving';
  return (
    <div className="ct-line" data-tone={tone} data-testid="replay-state">
      <p><strong>{stateText(moment, timeline, t)}</strong></p>
    </div>
  );
}

function stateText({ isStopLatched, stoppedBy, fault, lease, phase }: Moment, { names }: Timeline, t: Translate): string {
  if (isStopLatched) return t('replay.state.stopped', { name: whoWas(stoppedBy ?? 'host', names, t) });
  if (fault !== null) return t('probe.faultOf', { fault });
  if (lease === null) return phase === 'stopping' ? t('replay.state.stopping') : t('probe.nobody');
  const who = `${t('probe.steeredBy', { name: lease.name })} · ${t(`probe.mode.${lease.mode}`)}`;
  return phase === 'engaged' ? `${who} · ${t('probe.movingNow')}` : phase === 'stopping' ? `${who} · ${t('replay.state.stopping')}` : who;
}

/** Pose, force and delay where they are on record; where they are not it says so. */
function Instruments({ moment, timeline }: { readonly moment: Moment; readonly timeline: Timeline }) {
  const { t } = useText();
  const { measured, target, limits, phase, forceN, targetForceN, roundTripMs, settings, motionAtMs } = moment;
  const isKnown = phase !== 'rest' && forceN !== null;
  return (
    <div className="rp-instruments">
      {measured !== null && target !== null && limits !== null ? (
        <div className="rp-pose" data-old={!isKnown}>
          <PoseView measured={measured} target={target} isMoving={phase !== 'rest'} limits={limits} tiltDeg={tiltDeg(measured)} near={null} />
          {!isKnown && <p className="hz-muted hz-small">{t('replay.lastPose', { seconds: Math.round((moment.atMs - (motionAtMs ?? 0)) / 1000) })}</p>}
        </div>
      ) : <p className="hz-muted rp-none">{t('replay.noPose')}</p>}
      <div className="ct-gauges">
        {isKnown && limits !== null ? (
          <>
            <ForceBar forceN={forceN} targetN={targetForceN} limitN={limits.maxForceN} isInContact={moment.isInContact} />
            <LatencyGauge roundTripMs={roundTripMs} grade={gradeOf(roundTripMs)} />
          </>
        ) : <p className="hz-muted hz-small">{t('replay.notRecorded')}</p>}
        {settings !== null && <p className="hz-small">{t('replay.settings', { preset: t(`probe.preset.${settings.preset}`), gain: settings.gainDb.toFixed(1), depth: Math.round(settings.depthMm), focus: Math.round(settings.focusMm) })}{settings.isFrozen ? ` · ${t('probe.frozen')}` : ''}</p>}
        {timeline.device !== null && <p className="hz-muted hz-small">{timeline.device.model}</p>}
      </div>
    </div>
  );
}
