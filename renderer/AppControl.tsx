import { lazy, type ReactNode, Suspense, useCallback, useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { drop } from '#shared/lib/drop';
import type { Program } from './composition.ts';
import { useConsult } from './features/consult/roomContext.ts';
import { Video } from './features/consult/Video.tsx';
import { ControlBanner } from './features/control/ControlBanner.tsx';
import { StopShown } from './features/control/stopShown.ts';
import { shortName } from './i18n/format.ts';
import { speak } from './services/control/voice.ts';
import type { ControlDeskState } from './state/control/controlDesk.ts';
import { ErrorBoundary } from './ui/parts/ErrorBoundary.tsx';
import { useText } from './ui/text.ts';

const Console = lazy(() => import('./features/control/Console.tsx').then((module) => ({ default: module.Console })));
const Bedside = lazy(() => import('./features/control/Bedside.tsx').then((module) => ({ default: module.Bedside })));

function Frame({ program, children }: { readonly program: Program; readonly children: ReactNode }) {
  const { t } = useText();
  return (
    <StopShown value={program.control.showsStop}>
      <ErrorBoundary onError={(error) => program.log(error.message, 'control')}>
        <Suspense fallback={<p role="status">{t('common.loading')}</p>}>{children}</Suspense>
      </ErrorBoundary>
    </StopShown>
  );
}

/** Participants by the name that others know them by; whoever pressed at the bedside is the bedside. */
function useNames(): (peerId: string) => string {
  const { t, language } = useText();
  const participants = useConsult((s) => s.participants);
  return useCallback(
    (peerId: string) => {
      const party = participants.find((participant) => participant.peerId === peerId)?.party;
      return peerId === 'bedside' ? t('probe.byBedside') : party === undefined ? '' : shortName(party, language);
    },
    [participants, t, language],
  );
}

/** The live ultrasound of whoever offers the device. */
function ScannerPicture({ program }: { readonly program: Program }) {
  const { t } = useText();
  const offeredBy = useStore(program.control.store, (s) => s.offeredBy);
  const tile = useConsult((s) => s.participants.find(({ peerId }) => peerId === offeredBy)?.tiles.find(({ profile }) => profile === 'ultrasound') ?? null);
  if (tile === null) return <p className="ct-no-picture" role="status">{t('probe.noPicture')}</p>;
  return <Video tile={tile} place="stage" />;
}

/** A picture that this page makes itself. */
function TrackPicture({ track }: { readonly track: MediaStreamTrack | null }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    element.srcObject = track === null ? null : new MediaStream([track]);
    if (track !== null) drop(element.play(), 'a play that is overtaken by the next stream rejects; autoplay starts that one');
  }, [track]);
  return <video ref={video} muted playsInline autoPlay />;
}

/** Remote control in the room's centre: the console of who may steer, or the screen beside the patient. */
export function ConsultControl({ program }: { readonly program: Program }) {
  const { language } = useText();
  const { store, takeBackStop } = program.control;
  const desk = useStore(store, (s) => s.desk);
  const practice = useStore(store, (s) => s.practice);
  const nameOf = useNames();
  const onSpeak = useCallback((text: string) => speak(text, language), [language]);
  const picture = <ScannerPicture program={program} />;
  return (
    <Frame program={program}>
      {desk?.type === 'console' && <Console model={desk.model} warmUp={desk.warmUp} alarms={desk.alarms} picture={picture} practicePicture={<TrackPicture track={practice} />} onTakeBackStop={takeBackStop} />}
      {desk?.type === 'bedside' && <Bedside model={desk.model} alarms={desk.alarms} picture={picture} nameOf={nameOf} onTakeBackStop={takeBackStop} onSpeak={onSpeak} />}
    </Frame>
  );
}

/** Somebody has a lease, a stop is latched, or one is on its way: then everybody has the stop before their eyes. */
const isActive = ({ status, stopStanding }: Pick<ControlDeskState, 'status' | 'stopStanding'>): boolean => (status !== null && (status.lease !== null || status.isStopLatched)) || stopStanding !== 'none';

/** [CTL74] [CTL91] Who steers, and the stop, for everybody who does not have the screens above: by choice, or because they did not come or failed. */
export function ConsultControlBanner({ program, onOpen }: { readonly program: Program; readonly onOpen: (() => void) | null }) {
  const { store, stop, takeBackStop } = program.control;
  const state = useStore(store);
  const { desk, status, isMoving, stopStanding, stopPlace } = state;
  const nameOf = useNames();
  if (!isActive(state) || stopPlace === 'stage') return null;
  return (
    <Frame program={program}>
      <ControlBanner status={status} isMoving={isMoving} standing={stopStanding} isBeside={desk?.type === 'bedside'} nameOf={nameOf} onStop={stop} onTakeBack={takeBackStop} onOpen={desk === null ? null : onOpen} />
    </Frame>
  );
}

const NO_NAME = (): string => '';

/** [CTL91] Outside of everything that can fail with the room's screen: where no stop is to be seen, this one is. */
export function LastStop({ program }: { readonly program: Program }) {
  const { store, stop, takeBackStop } = program.control;
  const state = useStore(store);
  const { desk, status, isMoving, stopStanding, stopPlace } = state;
  if (!isActive(state) || stopPlace !== null) return null;
  return (
    <aside className="ct-last-stop" data-testid="last-stop">
      <ControlBanner status={status} isMoving={isMoving} standing={stopStanding} isBeside={desk?.type === 'bedside'} nameOf={NO_NAME} onStop={stop} onTakeBack={takeBackStop} onOpen={null} />
    </aside>
  );
}
