import { lazy, Suspense, useCallback, useLayoutEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { type CaseId, type ConsultId, caseItemIdSchema, type OpinionId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Program } from './composition.ts';
import type { OpinionSubject } from './features/opinion/opinionContext.ts';
import { ofKind } from './services/cases/caseView.ts';
import { ErrorBoundary } from './ui/parts/ErrorBoundary.tsx';
import { useText } from './ui/text.ts';

// Fetched when opened.
const OpinionScreen = lazy(() => import('./features/opinion/OpinionScreen.tsx'));
const OpinionList = lazy(() => import('./features/opinion/OpinionList.tsx'));
const MinutesPanel = lazy(() => import('./features/minutes/MinutesPanel.tsx'));
const MinutesNote = lazy(() => import('./features/caseFile/MinutesNote.tsx'));
const CasesGate = lazy(() => import('./features/cases/CasesGate.tsx'));

const PICTURES = /^image\//;

/** An opinion with the case it is about open beside it: the patient line and the pictures are the case file's. */
export function OpinionOf({ program, opinionId, isOfRequest, self }: { readonly program: Program; readonly opinionId: OpinionId; readonly isOfRequest: boolean; readonly self: Party }) {
  const { opinion, navigation, cases } = program;
  const caseId = useStore(opinion.store, (s) => s.opinion?.caseId ?? null);
  const requestId = useStore(opinion.store, (s) => s.opinion?.requestId ?? null);
  const isOnline = useStore(program.session.store, (s) => s.link.isOnline);
  const isOpen = useStore(cases.files.store, (s) => s.access.type === 'open');
  const openId = useStore(cases.file.store, (s) => s.caseId);
  const summary = useStore(cases.file.store, (s) => s.summary);
  const items = useStore(cases.file.store, (s) => s.items);
  // In the layout's turn, as the case file itself does: the screen that follows opens its case before a later clean-up could close it.
  useLayoutEffect(() => {
    if (caseId === null || !isOpen) return;
    cases.file.open(caseId);
    return () => cases.file.close();
  }, [cases, caseId, isOpen]);
  const subject = useMemo<OpinionSubject | null>(() => {
    if (summary === null || openId !== caseId) return null;
    const patient = ofKind(items, 'patient')[0]?.content.body;
    const request = ofKind(items, 'request')[0]?.content.body;
    return {
      patientName: patient?.name ?? summary.patientName, sex: patient?.sex ?? summary.patientSex, ageYears: patient?.ageYears ?? summary.patientAge, recordNumber: patient?.recordNumber ?? null,
      hospital: summary.organisationName, question: request?.question ?? summary.question, diagnosis: request?.diagnosis ?? '',
    };
  }, [summary, items, openId, caseId]);
  const caseDoor = useMemo(() => (isOpen ? null : <Suspense fallback={null}><CasesGate files={cases.files} isCompact>{null}</CasesGate></Suspense>), [isOpen, cases]);
  const images = useMemo(() => ofKind(items, 'document').flatMap(({ content: { body }, retraction }) => (retraction === null && PICTURES.test(body.attachment.mediaType) ? [{ title: body.title, attachment: body.attachment, source: body.picture ?? null }] : [])).sort((a, b) => Number(b.source !== null) - Number(a.source !== null)), [items]);
  const back = useCallback(() => navigation.go(isOfRequest ? { name: 'requests', requestId } : caseId === null ? { name: 'cases' } : { name: 'case', caseId }), [navigation, caseId, isOfRequest, requestId]);
  const open = useCallback((id: OpinionId) => navigation.go({ name: 'opinion', opinionId: id, isOfRequest }), [navigation, isOfRequest]);
  return <OpinionScreen key={opinionId} model={opinion} opinionId={opinionId} self={self} subject={subject} caseDoor={caseDoor} images={images} isOfRequest={isOfRequest} isOnline={isOnline} guard={navigation.guard} onOpen={open} onBack={back} />;
}

/** The opinions on a case, for the case file and for the request. `consultId`: the session whose opinion can be begun; null: the case's last one. */
export function OpinionsOfCase({ program, caseId, consultId, isOfRequest }: { readonly program: Program; readonly caseId: CaseId; readonly consultId: ConsultId | null; /** Shown at the request, which the way back leads to. */ readonly isOfRequest: boolean }) {
  const { opinionList, navigation, session, cases } = program;
  const isOnline = useStore(session.store, (s) => s.link.isOnline && s.self !== null);
  const canWrite = useStore(session.store, (s) => s.permissions.includes('opinion.write'));
  const last = useStore(cases.files.store, (s) => s.cases.find(({ summary }) => summary.id === caseId)?.summary.consultIds.at(-1) ?? null);
  const open = useCallback((opinionId: OpinionId) => navigation.go({ name: 'opinion', opinionId, isOfRequest }), [navigation, isOfRequest]);
  return (
    <ErrorBoundary onError={(error) => program.log(error.message, 'opinions of a case')}>
      <Suspense fallback={null}>
        <OpinionList model={opinionList} caseId={caseId} consultId={consultId ?? last} canWrite={canWrite} isPart={isOfRequest} isOnline={isOnline} onOpen={open} />
      </Suspense>
    </ErrorBoundary>
  );
}

/** Agenda, presence and minutes of the consult one sits in, for the room's side panel. */
export function ConsultMinutes({ program, consultId }: { readonly program: Program; readonly consultId: ConsultId }) {
  const { t } = useText();
  const { cases, session, minutes } = program;
  const hasCases = session.has('case.read');
  const found = useStore(cases.files.store, (s) => s.cases.find(({ summary }) => summary.consultIds.includes(consultId))?.summary ?? null);
  const isOpen = useStore(cases.files.store, (s) => s.access.type === 'open');
  const isOnline = useStore(cases.files.store, (s) => s.isOnline);
  const keepsCopies = useStore(cases.files.store, (s) => s.memoryOnly === null);
  const mayWrite = useStore(session.store, (s) => s.permissions.includes('case.write')) && keepsCopies;
  const canArrange = useStore(session.store, (s) => s.permissions.includes('room.host'));
  const itemId = useMemo(() => caseItemIdSchema.parse(`minutes-${consultId}`.slice(0, 64)), [consultId]);
  // Which case the consult is about is known when the case files are open: until then the way to open them is shown.
  const note = !hasCases || (isOpen && found === null) ? null : (
    <CasesGate files={cases.files} isCompact>
      {found && <MinutesNote model={cases.file} caseId={found.id} itemId={itemId} title={t('minutes.noteTitle')} isOnline={isOnline} mayWrite={mayWrite} throwAway={cases.files.throwAway} />}
    </CasesGate>
  );
  return (
    <ErrorBoundary onError={(error) => program.log(error.message, 'minutes')}>
      <Suspense fallback={<p role="status">{t('common.loading')}</p>}>
        <MinutesPanel model={minutes} consultId={consultId} question={found?.question ?? null} canArrange={canArrange} note={note} />
      </Suspense>
    </ErrorBoundary>
  );
}
