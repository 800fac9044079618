import type { Consultations } from '../../consultation/consultations.ts';
import type { Organisations } from '../../storage/organisations.ts';
import type { Handlers } from '../handler.ts';

export interface ConsultationHandlerDependencies {
  readonly consultations: Consultations;
  readonly organisations: Organisations;
}

type ConsultationRequestName = 'request.create' | 'request.list' | 'request.get' | 'request.step' | 'request.centres';

/** Consultation requests: applying, the centre's desk, and every step. */
export function createConsultationHandlers({ consultations, organisations }: ConsultationHandlerDependencies): Handlers<ConsultationRequestName> {
  return {
    'request.create': ({ identity }, params) => consultations.create(identity, params),
    'request.list': ({ identity }, params) => consultations.list(identity, params),
    'request.get': ({ identity }, { requestId }) => consultations.read(identity, requestId),
    'request.step': ({ identity }, params) => consultations.step(identity, params),
    'request.centres': async ({ identity: { party } }) => ({ centres: await organisations.centresAround(party.organisationId) }),
  };
}
