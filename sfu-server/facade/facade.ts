import { type CaseId, consultIdSchema, type OpinionId, opinionIdSchema, type OrganisationId } from '#shared/domain/ids';
import { languageSchema } from '#shared/domain/opinion';
import type { Clock } from '#shared/lib/clock';
import { AppError } from '#shared/protocol/errors';
import type { HospitalSystem } from '#shared/protocol/systems';
import type { Bundle, BundleEntry, Resource } from '@medplum/fhirtypes';
import { systemActor } from '../auth/hospitalSystems.ts';
import { documentOf } from '../opinions/opinionDesk.ts';
import type { OpinionFiles } from '../opinions/opinionFiles.ts';
import type { PersonSlot } from '../scheduling/personSlots.ts';
import type { Appointments } from '../storage/appointments.ts';
import type { AuditWriter } from '../storage/audit.ts';
import type { FacadeRecords } from '../storage/facadeRecords.ts';
import type { FacadeRow, RowQuery, RowType } from '../storage/facadeRows.ts';
import type { Opinions } from '../storage/opinions.ts';
import { type FacadeType, type Include, isFacadeType } from './parameters.ts';
import { auditEvent } from './resources/auditEvent.ts';
import { organization, practitioner, practitionerRole, schedule } from './resources/directory.ts';
import { composition, diagnosticReport } from './resources/opinion.ts';
import type { ResourceContext } from './resources/parts.ts';
import { consent, patient } from './resources/record.ts';
import { serviceRequest } from './resources/request.ts';
import { appointment, encounter } from './resources/session.ts';
import { CURSOR, cursorAfter, type FacadeSearch, parseSearch } from './searchQuery.ts';
import { Sightings } from './sightings.ts';
import { parseSlotId, slot, slotId, slotPage, slotQuestion } from './slots.ts';

export interface FacadeOptions {
  readonly rows: {
    find(type: RowType, organisationId: OrganisationId, query: RowQuery): Promise<FacadeRow[]>;
    count(type: RowType, organisationId: OrganisationId, groups: RowQuery['groups']): Promise<number>;
  };
  readonly records: FacadeRecords;
  readonly appointments: Pick<Appointments, 'byIds'>;
  readonly opinions: Pick<Opinions, 'byId'>;
  readonly files: OpinionFiles;
  readonly slots: (personIds: readonly PersonSlot['personId'][], span: { readonly fromMs: number; readonly untilMs: number }) => Promise<readonly PersonSlot[]>;
  readonly audit: AuditWriter;
  readonly clock: Clock;
  /** IANA; of days in searches. */
  readonly timeZone: string;
  /** The facade's address, without a slash at its end. */
  readonly base: () => string;
}

/** Reading and searching for hospitals' systems; each sees what its hospital may see (FHR5), and all of it is audited under its id (FHR6). */
export class Facade {
  readonly #options: FacadeOptions;
  readonly #sightings: Sightings;

  constructor(options: FacadeOptions) {
    this.#options = options;
    this.#sightings = new Sightings(options.audit, options.clock);
  }

  /** @throws AppError `record.notFound` when there is none, or none for this system: the two look alike */
  async read(system: HospitalSystem, type: FacadeType, id: string): Promise<Resource> {
    const found = type === 'Slot' ? { resource: await this.#slot(system, id), caseId: null } : await this.#row(system, type, id);
    if (found.resource === null) throw await this.#missing(system, `${type}/${id}`);
    await this.#note(system, 'fhir.read', `${type}/${id}`, found.caseId === null ? [] : [found.caseId]);
    return found.resource;
  }

  /** A Patient of the system's own hospital, for an order that refers to it; null: none of that id. */
  async patientOf(system: HospitalSystem, id: string): Promise<Resource | null> {
    const { resource, caseId } = await this.#row(system, 'Patient', id);
    if (caseId !== null) await this.#sightings.note(system, [caseId]);
    return resource;
  }

  /** The signed file of an opinion, by a Binary's id. @throws AppError `record.notFound` */
  async file(system: HospitalSystem, id: string): Promise<Awaited<ReturnType<OpinionFiles['open']>>> {
    const [opinion = '', said] = id.split('.');
    const language = languageSchema.safeParse(said);
    const rows = language.success && opinionIdSchema.safeParse(opinion).success ? await this.#options.rows.find('Composition', system.organisationId, byId(opinion)) : [];
    const [state] = await this.#opinions(rows.map((row) => row.id));
    if (state === undefined || !language.success) throw await this.#missing(system, `Binary/${id}`);
    await this.#note(system, 'fhir.read', `Binary/${id}`, [state.record.caseId]);
    return this.#options.files.open(documentOf(state).document, state.signatures, language.data);
  }

  /** A page of a search. @throws AppError `input.malformed`, `input.tooLarge` */
  async search(system: HospitalSystem, type: FacadeType, given: readonly (readonly [string, string])[], isStrict: boolean): Promise<Bundle> {
    const { base, timeZone } = this.#options;
    const search = parseSearch(type, given, { isStrict, timeZone, base: base() });
    const found = type === 'Slot' ? await this.#searchSlots(system, search) : await this.#searchRows(system, type, search);
    const along = await this.#included(system, found.resources, search.includes);
    const here = given.filter(([key]) => key === CURSOR);
    const address = (at: readonly (readonly [string, string])[]) => `${base()}/${type}${search.used.length + at.length === 0 ? '' : `?${new URLSearchParams([...search.used, ...at].map(([key, value]): [string, string] => [key, value]))}`}`;
    await this.#note(system, 'fhir.search', type, [...found.caseIds, ...along.caseIds]);
    const entriesOf = (resources: readonly Resource[], mode: 'match' | 'include') => resources.map((resource): BundleEntry => ({ fullUrl: `${base()}/${resource.resourceType}/${resource.id}`, resource, search: { mode } }));
    const entry = [...entriesOf(found.resources, 'match'), ...entriesOf(along.resources, 'include')];
    return {
      resourceType: 'Bundle', type: 'searchset', ...(found.total === null ? {} : { total: found.total }),
      link: [{ relation: 'self', url: address(here) }, ...(found.next === null ? [] : [{ relation: 'next' as const, url: address([[CURSOR, found.next]]) }])],
      ...(entry.length === 0 ? {} : { entry }),
    };
  }

  async #row(system: HospitalSystem, type: RowType, id: string): Promise<{ readonly resource: Resource | null; readonly caseId: CaseId | null }> {
    const rows = await this.#options.rows.find(type, system.organisationId, byId(id));
    return { resource: (await this.#resources(system, type, rows))[0] ?? null, caseId: rows[0]?.caseId ?? null };
  }

  async #searchRows(system: HospitalSystem, type: RowType, { query, count }: FacadeSearch) {
    const { rows } = this.#options;
    if (count === 0) return { resources: [], next: null, total: await rows.count(type, system.organisationId, query.groups), caseIds: [] };
    const found = await rows.find(type, system.organisationId, query);
    const page = found.slice(0, count);
    const last = page.at(-1);
    return {
      resources: await this.#resources(system, type, page), next: found.length > count && last !== undefined ? cursorAfter(last) : null, total: null,
      caseIds: page.flatMap(({ caseId }) => caseId ?? []),
    };
  }

  /** [FHR12] What the resources refer to by those elements, each once, as far as the system may see it; how many is bounded by the page. */
  async #included(system: HospitalSystem, found: readonly Resource[], includes: readonly Include[]): Promise<{ readonly resources: readonly Resource[]; readonly caseIds: readonly CaseId[] }> {
    const present = new Set(found.map(({ resourceType, id }) => `${resourceType}/${id}`));
    const wanted = new Map<RowType, Set<string>>();
    for (const { element, targets } of includes) {
      for (const reference of found.flatMap((resource) => referencesIn(Object.entries(resource).find(([key]) => key === element)?.[1]))) {
        const [target = '', id = ''] = reference.split('/');
        if (!isFacadeType(target) || target === 'Slot' || !targets.includes(target) || present.has(reference)) continue;
        wanted.set(target, (wanted.get(target) ?? new Set()).add(id));
      }
    }
    const resources: Resource[] = [];
    const caseIds: CaseId[] = [];
    for (const [type, ids] of wanted) {
      const rows = await this.#options.rows.find(type, system.organisationId, { groups: [[{ type: 'in', column: 'id', values: [...ids] }]], sort: null, after: null, limit: ids.size });
      resources.push(...(await this.#resources(system, type, rows)));
      caseIds.push(...rows.flatMap(({ caseId }) => caseId ?? []));
    }
    return { resources, caseIds };
  }

  async #slot(system: HospitalSystem, id: string): Promise<Resource | null> {
    const named = parseSlotId(id);
    if (named === null || (await this.#row(system, 'Schedule', named.personId)).resource === null) return null;
    const found = (await this.#options.slots([named.personId], named.span)).find((one) => slotId(one) === id);
    return found === undefined ? null : slot(found);
  }

  async #searchSlots(system: HospitalSystem, search: FacadeSearch) {
    const { rows, slots, clock } = this.#options;
    const { scheduleIds, span } = slotQuestion(search, clock.wallMs());
    const visible = scheduleIds.length === 0 ? [] : await rows.find('Schedule', system.organisationId, { groups: [[{ type: 'in', column: 'id', values: scheduleIds }]], sort: null, after: null, limit: scheduleIds.length });
    const found = visible.length === 0 || span.fromMs >= span.untilMs ? [] : await slots(visible.map(({ id }) => id as PersonSlot['personId']), span); // a calendar has its person's id
    const { page, hasMore, total } = slotPage(found, search);
    const last = page.at(-1);
    return { resources: page.map(slot), next: hasMore && last !== undefined && search.count > 0 ? cursorAfter({ sortValue: last.fromMs, id: slotId(last) }) : null, total: search.count === 0 ? total : null, caseIds: [] };
  }

  /** What the rows stand for, in their order; what went away meanwhile is left out. */
  async #resources(system: HospitalSystem, type: RowType, rows: readonly FacadeRow[]): Promise<Resource[]> {
    if (rows.length === 0) return [];
    const { records, base } = this.#options;
    const context: ResourceContext = { base: base(), organisationId: system.organisationId, tree: await records.tree(system.organisationId) };
    const ids = rows.map(({ id }) => id);
    const each = <T>(found: readonly T[], idOf: (one: T) => string, make: (one: T, row: FacadeRow) => Resource): Resource[] => {
      const known = new Map(found.map((one) => [idOf(one), one]));
      return rows.flatMap((row) => {
        const one = known.get(row.id);
        return one === undefined ? [] : [make(one, row)];
      });
    };
    switch (type) {
      case 'ServiceRequest':
        return each(await records.requests(ids), ({ request }) => request.id, (one, row) => serviceRequest(one, row, context));
      case 'Appointment': {
        const members = new Map((await records.sessions(ids)).map((session) => [session.id, session.members]));
        return each(await this.#options.appointments.byIds(ids.map((id) => consultIdSchema.parse(id))), ({ consultId }) => consultId, (one, row) => appointment(one, members.get(one.consultId) ?? [], row, context));
      }
      case 'Encounter':
        return each(await records.sessions(ids), ({ id }) => id, (one, row) => encounter(one, row, context));
      case 'Schedule':
        return each(await records.people(ids), ({ party }) => party.id, schedule);
      case 'Practitioner':
        return each(await records.people(ids), ({ party }) => party.id, practitioner);
      case 'PractitionerRole':
        return each(await records.people(ids), ({ party }) => party.id, practitionerRole);
      case 'Organization':
        return each(await records.organisations(ids), ({ id }) => id, (one) => organization(one, context));
      case 'Patient':
        return each(await records.patients(ids), ({ caseId }) => caseId, ({ caseId, item }, row) => patient(caseId, item, row));
      case 'Consent':
        return each(await records.consents(ids), ({ id }) => id, ({ caseId, item }, row) => consent(caseId, item, row));
      case 'DiagnosticReport':
        return each(await this.#opinions(ids), ({ record }) => record.id, (one, row) => diagnosticReport(one, row, context));
      case 'Composition':
        return each(await this.#opinions(ids), ({ record }) => record.id, (one, row) => composition(one, row, context));
      case 'AuditEvent':
        return each(await records.auditEntries(ids), ({ sequence }) => String(sequence), auditEvent);
    }
  }

  async #opinions(ids: readonly string[]) {
    const found = await Promise.all(ids.map((id) => this.#options.opinions.byId(id as OpinionId))); // ids of rows of that table
    return found.flatMap((state) => state ?? []);
  }

  /** [FHR6] Resolves when it is in the log; nothing goes out before. */
  async #note(system: HospitalSystem, action: 'fhir.read' | 'fhir.search', subject: string, caseIds: readonly CaseId[]): Promise<void> {
    await Promise.all([this.#options.audit.append({ ...systemActor(system), action, subject: subject.slice(0, 120), outcome: 'done', code: null }), this.#sightings.note(system, caseIds)]);
  }

  async #missing(system: HospitalSystem, subject: string): Promise<AppError> {
    await this.#options.audit.append({ ...systemActor(system), action: 'fhir.read', subject: subject.slice(0, 120), outcome: 'refused', code: 'record.notFound' });
    return new AppError('record.notFound', 'no such resource');
  }
}

function byId(id: string): RowQuery {
  return { groups: [[{ type: 'in', column: 'id', values: [id] }]], sort: null, after: null, limit: 1 };
}

/** Every `Type/id` that an element refers to, at whatever depth of it. */
function referencesIn(element: unknown): string[] {
  if (typeof element !== 'object' || element === null) return [];
  return Object.entries(element).flatMap(([key, value]) => (key === 'reference' && typeof value === 'string' ? [value] : referencesIn(value)));
}
