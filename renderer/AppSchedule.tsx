import { lazy, type ReactNode, Suspense } from 'react';
import type { SessionPlan } from '#shared/domain/consultation/steps';
import type { Party } from '#shared/domain/people';
import type { RequestDetail } from '#shared/protocol/consultation';
import type { Program } from './composition.ts';
import { Deliveries } from './features/notices/Deliveries.tsx';
import type { Screen } from './state/navigationModel.ts';
import { useText } from './ui/text.ts';

// Fetched when opened: the calendar's library is large.
const Calendar = lazy(() => import('./features/calendar/Calendar.tsx'));
const Roster = lazy(() => import('./features/roster/Roster.tsx'));
const Rehearsal = lazy(() => import('./features/rehearsal/Rehearsal.tsx'));
const PlanSession = lazy(() => import('./features/schedule/PlanSession.tsx'));

/** The screens of scheduling; null for any other. */
export function ScheduleScreen({ program, screen, self, isOnline }: { readonly program: Program; readonly screen: Screen; readonly self: Party; readonly isOnline: boolean }): ReactNode {
  const { schedule, session, navigation } = program;
  const mayArrange = session.has('schedule.arrange');
  if (screen.name === 'calendar') {
    return (
      <Calendar
        consultId={screen.consultId ?? null} onClosed={() => navigation.go({ name: 'calendar' })} model={schedule.calendar} self={self} mayArrange={mayArrange} isOnline={isOnline} serverUrl={program.serverUrl()}
        onRehearse={session.has('request.step') ? (requestId, from) => navigation.go({ name: 'rehearsal', requestId, from }) : null}
        deliveries={mayArrange ? (consultId) => <Deliveries model={program.requests.deliveries} about={{ type: 'session', consultId }} isOnline={isOnline} /> : null}
      />
    );
  }
  if (screen.name === 'roster') return <Roster model={schedule.roster} self={self} mayArrange={mayArrange} />;
  if (screen.name === 'rehearsal') {
    const { requestId, from } = screen;
    return <Rehearsal key={requestId} model={schedule.rehearsal} requestId={requestId} self={self} onBack={() => navigation.go(from === undefined ? { name: 'requests', requestId } : { name: 'calendar', consultId: from })} onOpenRoom={session.has('consult.join') ? (consultId) => navigation.go({ name: 'consult', consultId, from: { name: 'rehearsal', requestId } }) : null} />;
  }
  return null;
}

/** The planner, for whoever shows a request: `onPlan` takes the step, and what it throws is drawn. */
export function Planner({ program, detail, onPlan, onCancel }: { readonly program: Program; readonly detail: RequestDetail; readonly onPlan: (plan: SessionPlan, reason: string) => Promise<void>; readonly onCancel: () => void }) {
  const { t } = useText();
  return (
    <Suspense fallback={<p role="status">{t('common.loading')}</p>}>
      <PlanSession schedule={program.schedule} detail={detail} onPlan={onPlan} onCancel={onCancel} />
    </Suspense>
  );
}
