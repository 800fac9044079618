import { Button } from 'antd';
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { CaseId, ConsultId, PeerId } from '#shared/domain/ids';
import { authorColour } from '#shared/domain/imaging/authorColour';
import { hasPermission } from '#shared/domain/roles';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { Program } from './composition.ts';
import type { HandKind } from './features/imaging/imagingContext.ts';
import { pick, shortName } from './i18n/format.ts';
import { filesOfDrop } from './services/imaging/importing/chosenFiles.ts';
import { ErrorBoundary } from './ui/parts/ErrorBoundary.tsx';
import { ErrorNotice } from './ui/parts/ErrorNotice.tsx';
import { useText } from './ui/text.ts';

const ImagingViewer = lazy(() => import('./features/imaging/ImagingViewer.tsx'));
const ImagingSide = lazy(() => import('./features/imaging/ImagingViewer.tsx').then((module) => ({ default: module.ImagingSide })));
const SharingBanner = lazy(() => import('./features/imaging/SharingBanner.tsx').then((module) => ({ default: module.SharingBanner })));
const AddImages = lazy(() => import('./features/imaging/adding/AddImages.tsx'));
const CasesGate = lazy(() => import('./features/cases/CasesGate.tsx'));
const nobodyFollows = () => undefined;

function Frame({ program, children }: { readonly program: Program; readonly children: ReactNode }) {
  const { t } = useText();
  return (
    <ErrorBoundary onError={(error) => program.log(error.message, 'imaging')}>
      <Suspense fallback={<p role="status">{t('imaging.loading')}</p>}>{children}</Suspense>
    </ErrorBoundary>
  );
}

function useReader({ imaging, session }: Program) {
  const isOnline = useStore(session.store, (s) => s.link.isOnline && s.self !== null);
  const { language } = useText();
  const self = useStore(session.store, (s) => s.self);
  return { model: imaging.model, analysis: imaging.analysis, kept: imaging.kept, reports: imaging.reports, isOnline, selfId: self?.id ?? '', selfName: self === null ? '' : pick(self.name, language), thumbnailOf: imaging.web.thumbnail, colourOf: authorColour } as const;
}

/** Which series belong to the copies on machines, where this one keeps any. */
function useCopies({ session, cases }: Program, caseId: CaseId | null) {
  const isOnline = useStore(session.store, (s) => s.link.isOnline && s.self !== null);
  const isObserver = useStore(session.store, (s) => s.self?.role === 'observer');
  const mayWrite = useStore(session.store, (s) => s.self === null || s.permissions.includes('case.write'));
  const canWrite = useStore(cases.files.store, (s) => s.cases.some(({ summary }) => summary.id === caseId && summary.canWrite));
  const canChoose = mayWrite && canWrite;
  return useMemo(() => (cases.keepsCopies && !isObserver ? { model: cases.chosen, canChoose, isOnline } : null), [cases, isObserver, canChoose, isOnline]);
}

/** The ways by which images come into a case, for who may write in it. */
function useAdding(program: Program, caseId: CaseId | null) {
  const { imaging, session, cases } = program;
  const isOnline = useStore(session.store, (s) => s.link.isOnline && s.self !== null);
  const mayWrite = useStore(session.store, (s) => s.permissions.includes('case.write'));
  const mayUsePacs = useStore(session.store, (s) => s.permissions.includes('pacs.use'));
  const canWrite = useStore(cases.files.store, (s) => s.cases.some(({ summary }) => summary.id === caseId && summary.canWrite));
  const studies = useStore(imaging.model.store, (s) => s.studies);
  const [state, setState] = useState<'never' | 'open' | 'closed'>('never');
  const onAdd = useCallback(() => setState('open'), []);
  const onClose = useCallback(() => setState('closed'), []);
  const onDropped = useCallback(
    (items: DataTransferItemList) => {
      if (caseId === null) return;
      imaging.importing.open(caseId);
      // What is being sent is not thrown away for what is dropped now.
      if (imaging.importing.store.getState().phase !== 'sending') void imaging.importing.take(filesOfDrop(items, imaging.importing.found));
      setState('open');
    },
    [imaging, caseId],
  );
  const isAllowed = mayWrite && canWrite && caseId !== null;
  const drawer = isAllowed && state !== 'never' && (
    <Frame program={program}>
      <AddImages caseId={caseId} isOpen={state === 'open'} isOnline={isOnline} importing={imaging.importing} pacs={mayUsePacs ? imaging.pacs : null} studies={studies} onClose={onClose} />
    </Frame>
  );
  return { onAdd: isAllowed ? onAdd : null, onDropped: isAllowed && isOnline ? onDropped : null, drawer };
}

/** The images of a case, for its file. */
export function ImagingOfCase({ program, caseId }: { readonly program: Program; readonly caseId: CaseId }) {
  const reader = useReader(program);
  const { drawer, ...adding } = useAdding(program, caseId);
  const copies = useCopies(program, caseId);
  return (
    <Frame program={program}>
      <div className="im-in-file">
        <ImagingViewer {...reader} {...adding} copies={copies} caseId={caseId} onHand={nobodyFollows} banner={null} ring={null} pointer={null} hasSide onReady={null} opensNewest />
      </div>
      {drawer}
    </Frame>
  );
}

const useCaseOf = ({ cases }: Program, consultId: ConsultId): CaseId | null => useStore(cases.files.store, (s) => s.cases.find(({ summary }) => summary.consultIds.includes(consultId))?.summary.id ?? null);

/** Looking elsewhere ends following; drawing on the presenter's picture does not. */
function useHand({ imaging }: Program): (kind: HandKind) => void {
  return useCallback((kind: HandKind) => (kind === 'look' ? imaging.sharing.breakAway() : undefined), [imaging]);
}

interface ConsultImagingProps {
  readonly program: Program;
  readonly consultId: ConsultId;
  /** The list of studies stands beside the pictures and not in the room's panel. */
  readonly hasSide: boolean;
}

/** The images of the consult's case in the room's centre, read together. */
export function ConsultImaging(props: ConsultImagingProps) {
  const readsCases = useStore(props.program.session.store, (s) => s.permissions.includes('case.read'));
  return (
    <Frame program={props.program}>
      {readsCases ? (
        <CasesGate files={props.program.cases.files} isCompact>
          <OfCaseFile {...props} />
        </CasesGate>
      ) : (
        <OfRoom {...props} />
      )}
    </Frame>
  );
}

/** Which case that is, is known when the case files are open. */
function OfCaseFile(props: ConsultImagingProps) {
  const caseId = useCaseOf(props.program, props.consultId);
  const { t } = useText();
  return caseId === null ? <p className="im-none">{t('sharing.noCase')}</p> : <ReadTogether {...props} caseId={caseId} />;
}

/** Which case that is, the server says to those who read no case files. */
function OfRoom(props: ConsultImagingProps) {
  const { caseOfRoom } = props.program.imaging;
  const { t } = useText();
  const [asked, setAsked] = useState(0);
  const [found, setFound] = useState<{ readonly caseId: CaseId | null } | { readonly error: AppError } | null>(null);
  useEffect(() => {
    let isOver = false;
    caseOfRoom().then((caseId) => !isOver && setFound({ caseId }), (error: unknown) => !isOver && setFound({ error: toAppError(error) }));
    return () => {
      isOver = true;
    };
  }, [caseOfRoom, asked]);
  if (found === null) return <p className="im-none" role="status">{t('imaging.loading')}</p>;
  if ('error' in found) return <ErrorNotice error={found.error} action={<Button onClick={() => setAsked(asked + 1)}>{t('common.retry')}</Button>} />;
  return found.caseId === null ? <p className="im-none">{t('sharing.noCase')}</p> : <ReadTogether {...props} caseId={found.caseId} />;
}

function ReadTogether({ program, consultId, caseId, hasSide }: ConsultImagingProps & { readonly caseId: CaseId }) {
  const { imaging, consult } = program;
  const { language } = useText();
  const reader = useReader(program);
  const { drawer, ...adding } = useAdding(program, caseId);
  const copies = useCopies(program, caseId);
  const onHand = useHand(program);
  const participants = useStore(consult.store, (s) => s.participants);
  const selfPeerId = useStore(consult.store, (s) => s.selfPeerId);
  const isHost = useStore(consult.store, (s) => s.isHost);
  const presenterPeerId = useStore(imaging.sharing.store, (s) => s.presenterPeerId);
  const pointerAt = useStore(imaging.sharing.store, (s) => s.pointer);
  const partyOf = (peerId: PeerId | null) => participants.find((participant) => participant.peerId === peerId)?.party ?? null;
  const presenter = partyOf(presenterPeerId);
  const colour = presenter === null ? null : authorColour(presenter.id);
  const pointer = useMemo(() => (pointerAt && colour !== null ? { ...pointerAt, colour } : null), [pointerAt, colour]);
  const onReady = useCallback(() => imaging.sharing.open(consultId), [imaging, consultId]);
  const self = partyOf(selfPeerId);
  const nameOf = (peerId: PeerId) => {
    const party = partyOf(peerId);
    return party === null ? '' : shortName(party, language);
  };
  const banner = <SharingBanner model={imaging.sharing} nameOf={nameOf} selfPeerId={selfPeerId} isHost={isHost} mayPresent={self !== null && hasPermission(self.role, 'media.publish')} colour={colour} />;
  return (
    <div className="im-room">
      {drawer}
      <ImagingViewer {...reader} {...adding} copies={copies} caseId={caseId} onHand={onHand} banner={banner} ring={colour} pointer={pointer} hasSide={hasSide} onReady={onReady} opensNewest={presenterPeerId === null} />
    </div>
  );
}

/** Studies and measurements for the room's side panel. */
export function ConsultImagingSide({ program }: { readonly program: Program }) {
  const { model, analysis, kept, reports, thumbnailOf, selfId, colourOf, isOnline } = useReader(program);
  const onHand = useHand(program);
  const caseId = useStore(model.store, (s) => s.caseId);
  const { drawer, onAdd } = useAdding(program, caseId);
  const copies = useCopies(program, caseId);
  return (
    <Frame program={program}>
      {drawer}
      <ImagingSide model={model} analysis={analysis} kept={kept} reports={reports} isOnline={isOnline} thumbnailOf={thumbnailOf} selfId={selfId} colourOf={colourOf} onHand={onHand} onAdd={onAdd} copies={copies} />
    </Frame>
  );
}
