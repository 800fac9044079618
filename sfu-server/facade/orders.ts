import type { CaseItemContent } from '#shared/domain/caseFile';
import { IDENTIFIER_SYSTEMS } from '#shared/domain/fhirNames';
import { caseIdSchema, type ConsultRequestId, consultRequestIdSchema, type OrganisationId, organisationIdSchema, personIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { hasPermission } from '#shared/domain/roles';
import { AppError, toAppError } from '#shared/protocol/errors';
import type { HospitalSystem } from '#shared/protocol/systems';
import { newId } from '../auth/random.ts';
import { systemActor } from '../auth/hospitalSystems.ts';
import { digestOf, isStorable } from '../cases/canonical.ts';
import type { CaseExchange } from '../cases/fhir/caseExchange.ts';
import type { Consultations } from '../consultation/consultations.ts';
import type { AuditWriter } from '../storage/audit.ts';
import type { FirstItem } from '../storage/caseStart.ts';
import type { FacadeRecords, OutsideIdentifier } from '../storage/facadeRecords.ts';
import type { Organisations } from '../storage/organisations.ts';
import type { People } from '../storage/people.ts';
import { consentExceptionOf, formOf, type Order, orderSchema } from './orderSchema.ts';

export interface OrdersOptions {
  readonly records: FacadeRecords;
  /** A Patient of the system's own hospital, as the facade shows it; null: none of that id. */
  readonly patientOf: (system: HospitalSystem, id: string) => Promise<object | null>;
  readonly exchange: Pick<CaseExchange, 'take'>;
  readonly consultations: Pick<Consultations, 'apply'>;
  readonly people: Pick<People, 'activeParties'>;
  readonly organisations: Pick<Organisations, 'centresAround'>;
  readonly audit: AuditWriter;
}

/** `isNew` false: the same order was taken before. */
export interface TakenOrder {
  readonly requestId: ConsultRequestId;
  readonly isNew: boolean;
}

/**
 * [FHR7] A ServiceRequest becomes a consultation request: in the name of the physician it names, with a case of its own that holds the
 * patient and everything contained, sent by the very rules that the client's form is sent by. All of it or nothing.
 */
export class Orders {
  readonly #options: OrdersOptions;

  constructor(options: OrdersOptions) {
    this.#options = options;
  }

  /**
   * @param ifNoneExist the header of that name: an order by one of its own identifiers is made only where there is none of it
   * @throws AppError `workflow.*` with the rule's number and what is missing, `input.malformed`, `record.conflict` when the identifier is of another order
   */
  async create(system: HospitalSystem, body: unknown, ifNoneExist: string | null): Promise<TakenOrder> {
    try {
      return await this.#create(system, body, ifNoneExist);
    } catch (error) {
      const refusal = toAppError(error);
      if (refusal.category !== 'bug') await this.#options.audit.append({ ...systemActor(system), action: 'fhir.create', subject: 'ServiceRequest', outcome: 'refused', code: refusal.code });
      throw error;
    }
  }

  async #create(system: HospitalSystem, body: unknown, ifNoneExist: string | null): Promise<TakenOrder> {
    const { records, consultations } = this.#options;
    const parsed = orderSchema.safeParse(body);
    if (!parsed.success) throw new AppError('input.malformed', `ServiceRequest.${parsed.error.issues[0]?.path.join('.') ?? ''}: does not fit`);
    if (!isStorable(body)) throw new AppError('input.malformed', 'holds characters that cannot be kept, or is too deep');
    const order = parsed.data;
    const identifiers = distinct(order.identifier.filter(({ system: numbering }) => numbering !== IDENTIFIER_SYSTEMS.request));
    requireOwn(ifNoneExist, identifiers);
    const digest = digestOf(body);
    const before = await this.#known(system.organisationId, identifiers, digest, ifNoneExist !== null);
    if (before !== null) return { requestId: before, isNew: false };

    const physician = await this.#physician(system, order);
    const { items, attachments } = await this.#items(system, physician, order, body);
    const requestId = consultRequestIdSchema.parse(newId());
    const centreId = order.status === 'draft' ? null : await this.#centre(system.organisationId, order);
    try {
      await consultations.apply(physician, {
        requestId, caseId: caseIdSchema.parse(newId()), begun: { items, attachments }, auditedAs: systemActor(system),
        send: centreId === null ? null : { centreId, consentException: consentExceptionOf(order) },
        also: (trx) => records.keepIdentifiers(trx, system.organisationId, requestId, identifiers, digest),
      });
    } catch (error) {
      // The same order, sent twice at once: the other one's was first.
      const meanwhile = toAppError(error).code === 'record.conflict' ? await this.#known(system.organisationId, identifiers, digest, ifNoneExist !== null) : null;
      if (meanwhile === null) throw error;
      return { requestId: meanwhile, isNew: false };
    }
    return { requestId, isNew: true };
  }

  /** The request that was made of this order. @throws AppError `record.conflict` when one of its identifiers is of another */
  async #known(organisationId: OrganisationId, identifiers: readonly OutsideIdentifier[], digest: string, isAnyContent: boolean): Promise<ConsultRequestId | null> {
    const [found, ...others] = await this.#options.records.known(organisationId, identifiers);
    if (found === undefined) return null;
    if (others.length > 0 || (found.digest !== digest && !isAnyContent)) throw new AppError('record.conflict', 'identifier: of an order with another content');
    return found.requestId;
  }

  /** [WFL10] Only who may apply at that hospital. */
  async #physician(system: HospitalSystem, { requester }: Order): Promise<Party> {
    const id = personIdSchema.safeParse(/(?:^|\/)(?:Practitioner|PractitionerRole)\/([^/]+)$/.exec(requester.reference)?.[1]);
    if (!id.success) throw new AppError('input.malformed', 'ServiceRequest.requester: not a Practitioner of this server');
    const [party] = await this.#options.people.activeParties([id.data]);
    if (party === undefined || party.organisationId !== system.organisationId || !hasPermission(party.role, 'request.create')) throw new AppError('workflow.forbidden', 'ServiceRequest.requester: not somebody who applies for this hospital', { rule: 'WFL10' });
    return party;
  }

  async #centre(organisationId: OrganisationId, { performer: [performer] }: Order): Promise<OrganisationId> {
    if (performer !== undefined) {
      const id = organisationIdSchema.safeParse(/(?:^|\/)Organization\/([^/]+)$/.exec(performer.reference)?.[1]);
      if (!id.success) throw new AppError('input.malformed', 'ServiceRequest.performer: not an Organization of this server');
      return id.data;
    }
    const centres = await this.#options.organisations.centresAround(organisationId);
    const nearest = centres.find(({ relation }) => relation === 'above') ?? centres.find(({ relation }) => relation === 'own');
    if (nearest === undefined) throw new AppError('workflow.incomplete', 'there is no centre to send to', { rule: 'WFL10', named: ['performer'] });
    return nearest.id;
  }

  /** What the case begins with. Nothing of the order is left out in silence: what cannot be taken in refuses it. */
  async #items(system: HospitalSystem, physician: Party, order: Order, body: unknown): Promise<Pick<Awaited<ReturnType<CaseExchange['take']>>, 'items' | 'attachments'>> {
    const { contained, subject } = order;
    const within = contained.map((resource) => ({ fullUrl: `#${resource.id ?? ''}`, resource }));
    const isContained = contained.some(({ resourceType, id }) => resourceType === 'Patient' && subject.reference === `#${id ?? ''}`);
    const outside = isContained ? null : await this.#options.patientOf(system, /(?:^|\/)Patient\/([A-Za-z0-9.-]{1,64})$/.exec(subject.reference)?.[1] ?? '');
    if (!isContained && outside === null) throw new AppError('input.malformed', 'ServiceRequest.subject: neither a contained Patient nor one of this hospital here');
    const { contained: _apart, ...request } = body as Record<string, unknown>; // parsed as an object before
    const entry = [{ resource: request }, ...(outside === null ? [] : [{ resource: outside }]), ...within];
    const { items, attachments, left } = await this.#options.exchange.take({ party: physician }, { resourceType: 'Bundle', type: 'collection', entry });
    const [lost] = left;
    if (lost !== undefined) throw new AppError('input.malformed', `${lost.resourceType}: cannot be taken in (${lost.reason}${lost.detail === null ? '' : `, ${lost.detail}`})`);
    const form = formOf(order);
    const withForm = (item: FirstItem): FirstItem => (item.content.kind === 'request' ? { ...item, content: { kind: 'request', body: { ...item.content.body, ...form } } satisfies CaseItemContent } : item);
    return { items: items.map(withForm), attachments };
  }
}

function distinct(identifiers: readonly OutsideIdentifier[]): OutsideIdentifier[] {
  return [...new Map(identifiers.map((one) => [JSON.stringify([one.system, one.value]), one])).values()];
}

/** @throws AppError `input.malformed` for a condition by anything but an identifier that the order itself has: no other could be kept when two are sent at once */
function requireOwn(ifNoneExist: string | null, identifiers: readonly OutsideIdentifier[]): void {
  if (ifNoneExist === null) return;
  const asked = [...new URLSearchParams(ifNoneExist.replace(/^\?/, ''))];
  const [[key, value] = []] = asked;
  if (asked.length !== 1 || key !== 'identifier' || !identifiers.some((one) => value === `${one.system}|${one.value}`)) throw new AppError('input.malformed', 'If-None-Exist: only identifier=system|value, with an identifier of the ServiceRequest');
}
