import { lazy, useCallback } from 'react';
import { useStore } from 'zustand';
import type { CaseItemKind } from '#shared/domain/caseFile';
import type { CaseId, ConsultId, ConsultRequestId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { NoticeAbout } from '#shared/protocol/notices';
import { OpinionsOfCase } from './AppOpinions.tsx';
import { Planner } from './AppSchedule.tsx';
import type { Program } from './composition.ts';
import { Deliveries } from './features/notices/Deliveries.tsx';
import { NoticeBell } from './features/notices/NoticeBell.tsx';
import type { RequestSlots } from './features/requests/requestContext.ts';
import { RehearsalEvidence } from './ui/parts/RehearsalTable.tsx';

// Fetched when opened.
const Requests = lazy(() => import('./features/requests/Requests.tsx'));
const CasesGate = lazy(() => import('./features/cases/CasesGate.tsx'));

/** The requests of whoever is signed in: a hospital's, an approver's, a centre's desk, an expert's invitations. */
export function RequestsScreen({ program, self, requestId, isCart }: { readonly program: Program; readonly self: Party; readonly requestId: ConsultRequestId | null; readonly isCart: boolean }) {
  const { requests, cases, navigation, session } = program;
  const isOnline = useStore(session.store, (s) => s.link.isOnline);
  const onOpen = useCallback((id: ConsultRequestId | null) => navigation.go({ name: 'requests', requestId: id }), [navigation]);
  const onOpenCase = useCallback((caseId: CaseId, kind?: CaseItemKind) => navigation.go({ name: 'case', caseId, ...(kind === undefined ? {} : { kind }) }), [navigation]);
  const onJoin = useCallback((consultId: ConsultId, id: ConsultRequestId) => navigation.go({ name: 'consult', consultId, from: { name: 'requests', requestId: id } }), [navigation]);
  const slots: RequestSlots = {
    planner: ({ request, onPlan, onCancel }) => <Planner program={program} detail={request} onPlan={onPlan} onCancel={onCancel} />,
    rehearsal: (detail) => <RehearsalEvidence detail={detail} onRehearse={session.has('request.step') ? (id) => navigation.go({ name: 'rehearsal', requestId: id }) : null} />,
    opinion: ({ request }) => <OpinionsOfCase program={program} caseId={request.caseId} consultId={request.appointment?.consultId ?? null} isOfRequest />,
    deliveries: (id) => <Deliveries model={requests.deliveries} about={{ type: 'request', requestId: id }} isOnline={isOnline} />,
    caseGate: (children) => (
      <CasesGate files={cases.files} isCompact>
        {children}
      </CasesGate>
    ),
  };
  return (
    <Requests
      list={requests.list}
      model={requests.open}
      caseModel={cases.file}
      files={cases.files}
      self={self}
      isOnline={isOnline}
      isCart={isCart}
      requestId={requestId}
      slots={slots}
      canJoin={session.has('consult.join')}
      onOpen={onOpen}
      onOpenCase={onOpenCase}
      onJoin={onJoin}
    />
  );
}

/** The bell of everybody who is told of requests. */
export function Notices({ program }: { readonly program: Program }) {
  const { requests, navigation, session } = program;
  const isOnline = useStore(session.store, (s) => s.link.isOnline);
  const onOpen = useCallback((about: NoticeAbout) => navigation.go(about.type === 'request' ? { name: 'requests', requestId: about.requestId } : { name: 'calendar', consultId: about.consultId }), [navigation]);
  return <NoticeBell model={requests.notices} isOnline={isOnline} onOpen={onOpen} />;
}
