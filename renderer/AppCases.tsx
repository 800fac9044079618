import { Button } from 'antd';
import { lazy, Suspense, useCallback, useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import type { CaseItemKind } from '#shared/domain/caseFile';
import type { CaseId, ConsultId } from '#shared/domain/ids';
import { drop } from '#shared/lib/drop';
import { ImagingOfCase } from './AppImaging.tsx';
import { OpinionsOfCase } from './AppOpinions.tsx';
import { ReplayOfCase, type ReplayOf } from './AppReplay.tsx';
import type { Program } from './composition.ts';
import { ErrorBoundary } from './ui/parts/ErrorBoundary.tsx';
import { useText } from './ui/text.ts';

// Not part of the start: editor and plots are large.
const fetchGate = () => import('./features/cases/CasesGate.tsx');
const fetchList = () => import('./features/cases/Cases.tsx');
const fetchFile = () => import('./features/caseFile/CaseFile.tsx');
const CasesGate = lazy(fetchGate);
const Cases = lazy(fetchList);
const CaseFile = lazy(fetchFile);

/** Fetches the screens of case files ahead: whoever types a passphrase or reads a list has them when they are wanted. */
export function fetchCaseScreens(): void {
  drop(Promise.all([fetchGate(), fetchList(), fetchFile()]), 'opening a screen fetches it again, and says so when it cannot');
}

/** The list of case files, or the one that is open, behind this machine's lock. */
export function CasesScreen({ program, caseId, startAt, isCart }: { readonly program: Program; readonly caseId: CaseId | null; readonly startAt: CaseItemKind | undefined; readonly isCart: boolean }) {
  const { cases, navigation, session, requests } = program;
  useEffect(fetchCaseScreens, []);
  const mayImport = useStore(session.store, (s) => s.permissions.includes('case.import'));
  const open = useCallback((id: CaseId) => navigation.go({ name: 'case', caseId: id }), [navigation]);
  const back = useCallback(() => {
    // Who came from a request to write what it lacks goes back to it.
    const request = requests.open.lastRead(caseId);
    navigation.go(startAt !== undefined && request !== null ? { name: 'requests', requestId: request } : { name: 'cases' });
  }, [navigation, requests, caseId, startAt]);
  return (
    <CasesGate files={cases.files} isCompact={false}>{caseId === null ? <Cases files={cases.files} isCart={isCart} onOpen={open} exchange={mayImport ? cases.exchange : null} /> : <OneFile program={program} caseId={caseId} isCompact={false} startAt={startAt} onBack={back} />}</CasesGate>
  );
}

function OneFile({ program, caseId, isCompact, startAt, onBack }: { readonly program: Program; readonly caseId: CaseId; readonly isCompact: boolean; readonly startAt?: CaseItemKind | undefined; readonly onBack: (() => void) | null }) {
  const { cases, session } = program;
  const isOnline = useStore(cases.files.store, (s) => s.isOnline);
  // Without a session the case's own word stands; the server has the last.
  const keepsCopies = useStore(cases.files.store, (s) => s.memoryOnly === null);
  // What is written has to be kept before it is sent: a machine that keeps nothing only reads.
  const mayWrite = useStore(session.store, (s) => s.self === null || s.permissions.includes('case.write')) && keepsCopies;
  const replay = useMemo<ReplayOf>(() => (item, onClose) => <ReplayOfCase program={program} item={item} onClose={onClose} />, [program]);
  // An opinion fills a screen of its own, and opening it would leave the room.
  return <CaseFile key={caseId} model={cases.file} caseId={caseId} isOnline={isOnline} isCompact={isCompact} mayWrite={mayWrite} throwAway={cases.files.throwAway} exportFhir={cases.exchange.exportCase} opinions={isCompact ? null : <OpinionsOfCase program={program} caseId={caseId} consultId={null} isOfRequest={false} />} imaging={isCompact ? null : <ImagingOfCase program={program} caseId={caseId} />} replay={replay} startAt={startAt} onBack={onBack} />;
}

/** The file of the consult one sits in, for the room's side panel. */
export function ConsultCase({ program, consultId }: { readonly program: Program; readonly consultId: ConsultId }) {
  return (
    <ErrorBoundary onError={(error) => program.log(error.message, 'consult case')}>
      <Suspense fallback={<Loading />}>
        <CasesGate files={program.cases.files} isCompact>
          <FileOfConsult program={program} consultId={consultId} />
        </CasesGate>
      </Suspense>
    </ErrorBoundary>
  );
}

function FileOfConsult({ program, consultId }: { readonly program: Program; readonly consultId: ConsultId }) {
  const { t } = useText();
  const { files } = program.cases;
  const caseId = useStore(files.store, (s) => s.cases.find(({ summary }) => summary.consultIds.includes(consultId))?.summary.id ?? null);
  if (caseId !== null) return <OneFile program={program} caseId={caseId} isCompact onBack={null} />;
  return (
    <div className="hz-empty" data-testid="consult-no-case">
      <h2>{t('case.noneOfConsult')}</h2>
      <p>{t('case.noneOfConsultText')}</p>
      <Button onClick={files.refresh}>{t('common.refresh')}</Button>
    </div>
  );
}

function Loading() {
  const { t } = useText();
  return (
    <p role="status" className="hz-empty">
      {t('common.loading')}
    </p>
  );
}
