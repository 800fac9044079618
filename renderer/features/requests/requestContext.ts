import { createContext, type ReactNode, useContext } from 'react';
import type { CaseItemKind } from '#shared/domain/caseFile';
import type { AskedStep, SessionPlan } from '#shared/domain/consultation/steps';
import type { CaseId, ConsultId, ConsultRequestId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { required } from '#shared/lib/assert';
import type { RequestDetail } from '#shared/protocol/consultation';
import type { CaseModel } from '../../state/cases/caseModel.ts';
import type { OpenRequestModel } from '../../state/requests/requestModel.ts';

/** What finds a time and people for a request; another feature's. */
export interface PlannerProps {
  readonly request: RequestDetail;
  /** Takes the step; `reason` is of a move. Rejects with the AppError that refused it, which the planner draws. */
  readonly onPlan: (plan: SessionPlan, reason: string) => Promise<void>;
  readonly onCancel: () => void;
}

/** Parts of a request's detail that other features draw. */
export interface RequestSlots {
  readonly planner: (props: PlannerProps) => ReactNode;
  readonly rehearsal: (request: RequestDetail) => ReactNode;
  /** The opinions on the request's case: writing, signing, returning, opening. */
  readonly opinion: (request: RequestDetail) => ReactNode;
  /** Who was told what of the request. */
  readonly deliveries: (requestId: ConsultRequestId) => ReactNode;
  /** Shows what is inside only while this machine's case files are open. */
  readonly caseGate: (children: ReactNode) => ReactNode;
}

export interface RequestEnvironment {
  readonly model: OpenRequestModel;
  readonly caseModel: CaseModel;
  readonly self: Party;
  readonly isOnline: boolean;
  /** The server's clock, Unix epoch ms: times of requests are the server's. */
  readonly serverNowMs: (wallMs: number) => number;
  readonly slots: RequestSlots;
  readonly canJoin: boolean;
  readonly onOpen: (requestId: ConsultRequestId | null) => void;
  readonly onOpenCase: (caseId: CaseId, kind?: CaseItemKind) => void;
  readonly onJoin: (consultId: ConsultId, from: ConsultRequestId) => void;
}

export const RequestEnvironmentContext = createContext<RequestEnvironment | null>(null);

export function useRequests(): RequestEnvironment {
  return required(useContext(RequestEnvironmentContext), 'a RequestEnvironmentContext around this component');
}

/** Whether the reader could take that step now. */
export function isOpenStep(detail: RequestDetail, step: AskedStep['type']): boolean {
  return detail.open.includes(step);
}

/** Somebody the request names, by id. */
export function partyOf(detail: RequestDetail, id: string): Party | null {
  return detail.parties.find((party) => party.id === id) ?? detail.history.find(({ by }) => by.id === id)?.by ?? null;
}
