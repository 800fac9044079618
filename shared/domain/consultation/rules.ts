import type { Party } from '../people.ts';
import type { OrganisationId } from '../ids.ts';
import type { ConsultRequest } from './request.ts';
import type { RequestState } from './states.ts';
import type { StepType } from './steps.ts';

/** What a rule may know besides the request: who acts, and how the organisations lie in the tree. */
export interface ActorView {
  readonly actor: Pick<Party, 'id' | 'role' | 'organisationId'>;
  /** True when `id` is `rootId` or below it. */
  readonly isWithin: (id: OrganisationId, rootId: OrganisationId) => boolean;
}

type Who = (request: ConsultRequest, view: ActorView) => boolean;

/** The physician who applies, or a colleague of the same hospital with the same role. */
const requester: Who = ({ organisationId }, { actor }) => actor.role === 'requester' && actor.organisationId === organisationId;
/** [WFL4] Somebody of the hospital's department head or medical office; never the person who applies. */
const approver: Who = ({ organisationId, requesterId }, { actor }) => actor.role === 'approver' && actor.organisationId === organisationId && actor.id !== requesterId;
/** A scheduler of the centre that has it, or of a centre above that one. */
const centre: Who = ({ centreId }, { actor, isWithin }) => actor.role === 'scheduler' && centreId !== null && isWithin(centreId, actor.organisationId);
const onPanel: Who = ({ appointment }, { actor }) => appointment?.panel.some(({ personId }) => personId === actor.id) ?? false;
const isHost: Who = ({ appointment }, { actor }) => appointment?.hostPersonId === actor.id;
/** Anybody whose machine takes part tries it; the centre tries for others. */
const atASite: Who = ({ appointment }, { actor }) => appointment !== null && (appointment.attendeeIds.some((id) => id === actor.id) || appointment.cartIds.some((id) => id === actor.id) || appointment.hostPersonId === actor.id);
const either = (...some: readonly Who[]): Who => (request, view) => some.some((who) => who(request, view));
/** Whose step it is the opinion's own rules have judged; here it is enough to have taken part. */
const signs: Who = either(onPanel, isHost, atASite);
const anybodyThere: Who = either(onPanel, isHost, atASite, centre, requester);

export interface StepRule {
  /** The number under which the step is refused, and in `spec/consultation.md`. */
  readonly rule: `WFL${number}`;
  readonly from: readonly RequestState[];
  readonly who: Who;
}

const BEFORE_THE_SESSION: readonly RequestState[] = ['draft', 'awaitingApproval', 'submitted', 'screening', 'materialAsked', 'accepted', 'scheduled', 'rehearsed', 'noShow'];

/** From where each step may be taken and by whom; what it needs besides is in `takeStep.ts`. */
export const STEP_RULES: Readonly<Record<StepType, StepRule>> = {
  send: { rule: 'WFL10', from: ['draft'], who: requester },
  approve: { rule: 'WFL11', from: ['awaitingApproval'], who: approver },
  refuseApproval: { rule: 'WFL12', from: ['awaitingApproval'], who: approver },
  screen: { rule: 'WFL13', from: ['submitted'], who: centre },
  check: { rule: 'WFL14', from: ['screening'], who: centre },
  returnForMaterial: { rule: 'WFL15', from: ['screening'], who: centre },
  supply: { rule: 'WFL16', from: ['materialAsked'], who: requester },
  accept: { rule: 'WFL17', from: ['screening'], who: centre },
  decline: { rule: 'WFL18', from: ['submitted', 'screening', 'materialAsked'], who: centre },
  forward: { rule: 'WFL19', from: ['submitted', 'screening'], who: centre },
  schedule: { rule: 'WFL20', from: ['accepted'], who: centre },
  reschedule: { rule: 'WFL21', from: ['scheduled', 'rehearsed', 'noShow'], who: centre },
  answer: { rule: 'WFL22', from: ['scheduled', 'rehearsed'], who: onPanel },
  substitute: { rule: 'WFL23', from: ['scheduled', 'rehearsed'], who: centre },
  rehearse: { rule: 'WFL24', from: ['scheduled', 'rehearsed'], who: anybodyThere },
  waiveRehearsal: { rule: 'WFL25', from: ['scheduled'], who: centre },
  start: { rule: 'WFL26', from: ['rehearsed'], who: anybodyThere },
  end: { rule: 'WFL27', from: ['inSession'], who: anybodyThere },
  closeSession: { rule: 'WFL39', from: ['inSession'], who: either(isHost, centre) },
  submitOpinion: { rule: 'WFL28', from: ['opinionDue'], who: signs },
  returnOpinion: { rule: 'WFL29', from: ['awaitingSignatures'], who: signs },
  signOpinion: { rule: 'WFL30', from: ['awaitingSignatures'], who: signs },
  recordOutcome: { rule: 'WFL31', from: ['completed', 'rated'], who: requester },
  rate: { rule: 'WFL32', from: ['completed'], who: either(requester, onPanel) },
  archive: { rule: 'WFL33', from: ['rated', 'completed'], who: either(centre, requester) },
  cancel: { rule: 'WFL34', from: BEFORE_THE_SESSION, who: either(requester, centre) },
  noShow: { rule: 'WFL35', from: ['scheduled', 'rehearsed'], who: centre },
};

/** Of an emergency: approval is said afterwards, whatever has happened since; a centre takes it without screening and starts without rehearsal. */
export const EMERGENCY_FROM: Readonly<Partial<Record<StepType, readonly RequestState[]>>> = {
  approve: ['submitted', 'screening', 'materialAsked', 'accepted', 'scheduled', 'rehearsed', 'inSession', 'opinionDue', 'awaitingSignatures', 'completed', 'rated', 'noShow'],
  refuseApproval: ['submitted', 'screening', 'materialAsked', 'accepted', 'scheduled', 'rehearsed', 'inSession', 'opinionDue', 'awaitingSignatures', 'completed', 'rated', 'noShow'],
  accept: ['submitted', 'screening'],
  start: ['scheduled', 'rehearsed'],
};
