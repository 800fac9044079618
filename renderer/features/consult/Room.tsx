import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import type { PeerId, SourceId } from '#shared/domain/ids';
import type { StoreApi } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { ControlStatus } from '#shared/control/status';
import type { ConsultModel } from '../../state/consultModel.ts';
import type { DeviceModel } from '../../state/deviceModel.ts';
import { ErrorBoundary } from '../../ui/parts/ErrorBoundary.tsx';
import { CartControls } from './CartControls.tsx';
import { ControlBar, type PanelTab } from './ControlBar.tsx';
import { Grid, SideBySide, Stage, Strip } from './Layouts.tsx';
import { LeaveButton } from './LeaveButton.tsx';
import { ImagingCall } from './ImagingCall.tsx';
import { LinkBanner } from './LinkBanner.tsx';
import { toggleMic } from './MicButton.tsx';
import { Notices } from './Notices.tsx';
import { PictureWindowContents, usePictureWindows } from './PictureWindows.tsx';
import { PopUpRefused } from './PopUpRefused.tsx';
import { RoomContext, useConsult, useRoom } from './roomContext.ts';
import { canPublish } from './roomView.ts';
import { type RoomDialog, RoomDialogs } from './RoomDialogs.tsx';
import { SidePanel } from './SidePanel.tsx';
import { StatusBar } from './StatusBar.tsx';
import type { ShortcutAction } from './shortcuts.ts';
import { useCameraToggle, useShareToggle } from './useCamera.ts';
import { useFullscreen } from './useFullscreen.ts';
import { useShortcuts } from './useShortcuts.ts';

const StatsPanel = lazy(() => import('./StatsPanel.tsx'));
/** Below this width a panel would take the picture's place. */
const PANEL_FROM_PX = 1200;

/** The case's images in the room: what stands in the centre, what in the panel, and who presents. */
export interface RoomImaging {
  readonly stage: ReactNode;
  readonly panel: ReactNode;
  readonly sharing: StoreApi<{ readonly presenterPeerId: PeerId | null; readonly isSelf: boolean }>;
  readonly onClosed: () => void;
}

/** Remote control of a probe in the room: what stands in the centre, the line with the stop, and what of it this person has. */
export interface RoomControl {
  readonly stage: ReactNode;
  /** Null: the stage is in the centre already. */
  readonly banner: (onOpen: (() => void) | null) => ReactNode;
  readonly store: StoreApi<{ readonly desk: { readonly type: 'bedside' | 'console' } | null; readonly status: ControlStatus | null }>;
}

export interface RoomProps {
  readonly model: ConsultModel;
  readonly devices: DeviceModel;
  /** Large targets, four controls, names for two metres. */
  readonly isCart: boolean;
  /** The patient's file; null: no such tab. */
  readonly casePanel: ReactNode;
  /** The case's images; null: none for this person. */
  readonly imaging: RoomImaging | null;
  readonly control: RoomControl;
  /** Agenda, presence, minutes; null: no such tab. */
  readonly minutesPanel: ReactNode;
}

/** The room: pictures, what is known about them, and what can be done. */
export function Room({ model, devices, isCart, casePanel, imaging, control, minutesPanel }: RoomProps) {
  const pictures = usePictureWindows();
  const [isRefused, setRefused] = useState(false);
  const { poppedOut, popOut, popBack } = pictures;
  const context = useMemo(() => ({ model, devices, poppedOut, popOut: (sourceId: SourceId) => setRefused(!popOut(sourceId)), popBack }), [model, devices, poppedOut, popOut, popBack]);
  return (
    <RoomContext value={context}>
      <RoomFrame isCart={isCart} casePanel={casePanel} imaging={imaging} control={control} minutesPanel={minutesPanel} />
      <PictureWindowContents windows={pictures.windows} popBack={popBack} />
      <PopUpRefused isOpen={isRefused} onClose={() => setRefused(false)} />
    </RoomContext>
  );
}

function RoomFrame({ isCart, casePanel, imaging, control, minutesPanel }: Pick<RoomProps, 'isCart' | 'casePanel' | 'imaging' | 'control' | 'minutesPanel'>) {
  const { model } = useRoom();
  const layout = useConsult((s) => s.layout);
  const [panel, setPanel] = useState<PanelTab | null>(!isCart && window.innerWidth >= PANEL_FROM_PX ? 'people' : null);
  const [dialog, setDialog] = useState<RoomDialog>(null);
  const [isStatsOpen, setStatsOpen] = useState(false);
  const [chosenSide, setChosenSide] = useState<SourceId | null>(null);
  const [isFullscreen, toggleFullscreen] = useFullscreen();
  const toggleCamera = useCameraToggle();
  const toggleShare = useShareToggle();
  const [isReading, setReading] = useState(false);
  const [isSteering, setSteering] = useControlStage(control);
  const togglePanel = useCallback((tab: PanelTab) => setPanel((old) => (old === tab ? null : tab)), []);
  // The images' tab brings them to the centre; they stay there when another tab is looked at.
  useEffect(() => {
    if (panel === 'imaging') setReading(true);
  }, [panel]);
  const startReading = () => (isCart ? setReading(true) : setPanel('imaging'));
  const stopReading = () => {
    setReading(false);
    if (panel === 'imaging') setPanel('people');
    imaging?.onClosed();
  };
  const toggleReading = () => {
    setSteering(false);
    return isReading && !isSteering ? stopReading() : startReading();
  };
  const startSteering = useCallback(() => setSteering(true), [setSteering]);
  // It needs the width.
  useEffect(() => {
    if (isSteering) setPanel(null);
  }, [isSteering]);
  const hasDesk = useStore(control.store, (s) => s.desk !== null);
  const onSteering = hasDesk ? () => (isSteering ? setSteering(false) : startSteering()) : null;
  const toggleStats = useCallback(() => setStatsOpen((old) => !old), []);

  const act = (action: Exclude<ShortcutAction, 'talk'>) => {
    const { participants, pinnedSourceId, stageSourceId } = model.store.getState();
    const self = participants.find((participant) => participant.isSelf);
    const maySpeak = self !== undefined && canPublish(self.party.role);
    switch (action) {
      case 'mute':
        return maySpeak ? toggleMic(model) : undefined;
      case 'camera':
        return maySpeak ? toggleCamera() : undefined;
      case 'share':
        return maySpeak ? toggleShare() : undefined;
      case 'hand':
        return maySpeak ? model.raiseHand(!self.isHandRaised) : undefined;
      case 'layoutStage':
        return model.setLayout('stage');
      case 'layoutGrid':
        return model.setLayout('grid');
      case 'layoutSide':
        return model.setLayout('sideBySide');
      case 'fullscreen':
        return toggleFullscreen();
      case 'pin':
        return model.pin(pinnedSourceId === null ? stageSourceId : null);
      case 'help':
        return setDialog('help');
    }
  };
  useShortcuts({ on: act, talk: (isHeld) => model.pushToTalk(isHeld), isEnabled: dialog === null && !isSteering });

  const isInCentre = isSteering || isReading;
  return (
    <div className="cr-room" data-cart={isCart} data-full={isFullscreen} data-panel={panel !== null}>
      <StatusBar actions={isCart && <LeaveButton onLeave={() => setDialog('leave')} />} />
      <main className="cr-centre" id="main" data-layout={layout}>
        <ErrorBoundary>
          {isSteering && control.stage}
          {!isSteering && isReading && imaging ? imaging.stage : null}
          {!isInCentre && layout === 'stage' && <Stage />}
          {!isInCentre && layout === 'sideBySide' && <SideBySide chosen={chosenSide} />}
          {!isInCentre && layout === 'grid' && <Grid />}
        </ErrorBoundary>
        {(layout !== 'grid' || isInCentre) && <Strip chosenSide={chosenSide} onChooseSide={layout === 'sideBySide' && !isInCentre ? setChosenSide : null} />}
        {control.banner(isSteering ? null : startSteering)}
        {imaging && !isReading && !isSteering && <ImagingCall sharing={imaging.sharing} onLook={startReading} />}
        <LinkBanner />
        <Notices />
        {isStatsOpen && (
          <ErrorBoundary>
            <Suspense fallback={null}>
              <StatsPanel onClose={() => setStatsOpen(false)} />
            </Suspense>
          </ErrorBoundary>
        )}
      </main>
      {panel !== null && <SidePanel tab={panel} casePanel={casePanel} imagingPanel={imaging?.panel ?? null} minutesPanel={minutesPanel} onTab={setPanel} onClose={() => setPanel(null)} />}
      {isCart ? (
        <CartControls isSteering={isSteering} onSteering={onSteering} hasCase={casePanel !== null} isReading={isReading} onReading={imaging ? toggleReading : null} onPanel={setPanel} onStats={toggleStats} onShare={toggleShare} onFullscreen={toggleFullscreen} isFullscreen={isFullscreen} />
      ) : (
        <ControlBar
          panel={panel}
          isFullscreen={isFullscreen}
          isStatsOpen={isStatsOpen}
          hasCase={casePanel !== null}
          hasMinutes={minutesPanel !== null}
          isReading={isReading && !isSteering}
          isSteering={isSteering}
          onSteering={onSteering}
          onReading={imaging ? toggleReading : null}
          onPanel={togglePanel}
          onCamera={toggleCamera}
          onShare={toggleShare}
          onFullscreen={toggleFullscreen}
          onStats={toggleStats}
          onHelp={() => setDialog('help')}
          onLeave={() => setDialog('leave')}
          onEnd={() => setDialog('end')}
        />
      )}
      <RoomDialogs dialog={dialog} onDialog={setDialog} />
    </div>
  );
}

/** Whether remote control stands in the centre. Beside the patient it comes there by itself when somebody asks, steers, or has stopped it. */
function useControlStage({ store }: RoomControl): [boolean, (isSteering: boolean) => void] {
  const [isChosen, setChosen] = useState(false);
  const hasDesk = useStore(store, (s) => s.desk !== null);
  const isCalled = useStore(store, ({ desk, status }) => desk?.type === 'bedside' && status !== null && (status.asking.length > 0 || status.lease !== null || status.isStopLatched));
  useEffect(() => {
    if (isCalled) setChosen(true);
  }, [isCalled]);
  return [isChosen && hasDesk, setChosen];
}
