import { PRIORITIES } from '../cases/fhir/codes.ts';
import type { RowType } from '../storage/facadeRows.ts';
import { APPOINTMENT_STATUSES, COMPOSITION_STATUSES, CONSENT_STATUSES, ENCOUNTER_STATUSES, REPORT_STATUSES, REQUEST_STATUS, SLOT_STATUSES } from './codes.ts';

/** Slots are worked out from hours and bookings; everything else has rows. */
export type FacadeType = RowType | 'Slot';

/** One search parameter, and which column of `storage/facadeRows.ts` it looks at. */
export type Parameter =
  /** `codes`: the only words there are, with the column's values for each; null: any text, and with its numbering. `isList`: the column is a list. */
  | { readonly type: 'token'; readonly column: string; readonly isList: boolean; readonly codes: ReadonlyMap<string, readonly string[]> | null }
  | { readonly type: 'date'; readonly column: string }
  | { readonly type: 'string'; readonly column: string }
  /** `isTyped`: the column holds `Type/id` and not the id alone. `element`: the resource's element that refers, for `_include`. */
  | { readonly type: 'reference'; readonly column: string; readonly element: string; readonly isList: boolean; readonly isTyped: boolean; readonly targets: readonly string[] };

interface TypeDefinition {
  /** What stands in the CapabilityStatement. */
  readonly documentation: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** `_sort`: name → a column of numbers. */
  readonly sorts: Readonly<Record<string, string>>;
  /** The order without `_sort`; null: by id. */
  readonly order: string | null;
}

const same = (codes: readonly string[]) => new Map(codes.map((code) => [code, [code]]));
const status = (codes: readonly string[]): Parameter => ({ type: 'token', column: 'status', isList: false, codes: same(codes) });
const grouped = (table: Readonly<Record<string, string>>) => {
  const map = new Map<string, string[]>();
  for (const [ours, fhirs] of Object.entries(table)) map.set(fhirs, [...(map.get(fhirs) ?? []), ours]);
  return map;
};
const identifier: Parameter = { type: 'token', column: 'identifiers', isList: true, codes: null };
const active: Parameter = { type: 'token', column: 'active', isList: false, codes: same(['true', 'false']) };
const specialty: Parameter = { type: 'token', column: 'specialties', isList: true, codes: null };
const name: Parameter = { type: 'string', column: 'names' };
const plain = (column: string, element: string, ...targets: readonly string[]): Parameter => ({ type: 'reference', column, element, isList: false, isTyped: false, targets });
const typed = (column: string, element: string, ...targets: readonly string[]): Parameter => ({ type: 'reference', column, element, isList: false, isTyped: true, targets });
const oneOf = (column: string, element: string, ...targets: readonly string[]): Parameter => ({ type: 'reference', column, element, isList: true, isTyped: true, targets });
const date = (column = 'date_ms'): Parameter => ({ type: 'date', column });
const patient = { patient: plain('case_id', 'subject', 'Patient'), subject: plain('case_id', 'subject', 'Patient') };
const basedOn = typed('request', 'basedOn', 'ServiceRequest');
const encounter = typed('encounter', 'encounter', 'Encounter');
const id: Parameter = { type: 'token', column: 'id', isList: false, codes: null };
/** Of what is known when it changed. */
const dated = { _id: id, _lastUpdated: date('updated_ms') };
const changed = { _lastUpdated: 'updated_ms' };

/** [FHR3] Every type there is, with every search parameter. The CapabilityStatement is made of this table, and so is every search. */
export const TYPES: Readonly<Record<FacadeType, TypeDefinition>> = {
  ServiceRequest: {
    documentation: 'Consultation requests of the own hospital. Creating one applies in the name of the physician it names; see the facade’s rules.',
    parameters: {
      ...dated, ...patient, status: { type: 'token', column: 'status', isList: false, codes: grouped(REQUEST_STATUS) }, authored: date('authored_ms'), requester: plain('requester_id', 'requester', 'Practitioner', 'PractitionerRole'), performer: plain('centre_id', 'performer', 'Organization'), identifier,
      priority: { type: 'token', column: 'urgency', isList: false, codes: grouped(PRIORITIES) },
    },
    sorts: { ...changed, authored: 'authored_ms' }, order: null,
  },
  Appointment: {
    documentation: 'Planned sessions for the own hospital’s patients.',
    parameters: {
      ...dated, status: status(APPOINTMENT_STATUSES), date: date(), patient: oneOf('actors', 'participant', 'Patient'), practitioner: oneOf('actors', 'participant', 'Practitioner'), actor: oneOf('actors', 'participant', 'Practitioner', 'Patient', 'Device'), 'based-on': basedOn,
    },
    sorts: { ...changed, date: 'date_ms' }, order: null,
  },
  Slot: {
    documentation: 'When an expert of the tree is free or taken, never for what. Worked out for at most ten schedules and 31 days at a time; without `start`, the next seven days.',
    parameters: { schedule: plain('schedule', 'schedule', 'Schedule'), start: date('start'), status: status(SLOT_STATUSES) },
    sorts: {}, order: 'start',
  },
  Schedule: { documentation: 'The calendars of the tree’s experts.', parameters: { _id: id, actor: oneOf('actors', 'actor', 'Practitioner'), active, specialty }, sorts: {}, order: null },
  Practitioner: { documentation: 'Experts and schedulers of the tree, and people of the own hospital.', parameters: { _id: id, name, identifier, active }, sorts: {}, order: null },
  PractitionerRole: {
    documentation: 'Where they work, as what, and their specialties.',
    parameters: { _id: id, organization: plain('organisation_id', 'organization', 'Organization'), practitioner: plain('id', 'practitioner', 'Practitioner'), specialty, active },
    sorts: {}, order: null,
  },
  Organization: { documentation: 'Hospitals and centres of the tree.', parameters: { _id: id, name, partof: typed('parent', 'partOf', 'Organization'), identifier }, sorts: {}, order: null },
  Patient: { documentation: 'The patients of the own hospital’s cases, one for each case.', parameters: { ...dated, identifier, name }, sorts: changed, order: null },
  Encounter: {
    documentation: 'Sessions for the own hospital’s patients, held or to be held.',
    parameters: { ...dated, ...patient, date: date(), status: status(ENCOUNTER_STATUSES), appointment: typed('appointment', 'appointment', 'Appointment') },
    sorts: { ...changed, date: 'date_ms' }, order: null,
  },
  DiagnosticReport: {
    documentation: 'Consultation opinions; with their content and the signed file once everybody has signed.',
    parameters: { ...dated, ...patient, status: status(REPORT_STATUSES), 'based-on': basedOn, encounter },
    sorts: changed, order: null,
  },
  Composition: {
    documentation: 'Signed consultation opinions, section by section.',
    parameters: { ...dated, ...patient, status: status(COMPOSITION_STATUSES), date: date(), encounter },
    sorts: { ...changed, date: 'date_ms' }, order: null,
  },
  Consent: { documentation: 'Signed consent forms of the own hospital’s cases.', parameters: { ...dated, patient: plain('case_id', 'patient', 'Patient'), status: status(CONSENT_STATUSES), date: date() }, sorts: { ...changed, date: 'date_ms' }, order: null },
  AuditEvent: { documentation: 'What people and systems of the own hospital did or were refused, by ids.', parameters: { ...dated, date: date(), agent: oneOf('agents', 'agent', 'Practitioner', 'Device') }, sorts: { date: 'sequence' }, order: 'sequence' },
};

export const FACADE_TYPES = Object.keys(TYPES) as FacadeType[]; // the table's own keys

export function isFacadeType(text: string): text is FacadeType {
  return Object.hasOwn(TYPES, text);
}

/** `_include` by one search parameter: which element refers, and to which types of those there are. */
export interface Include {
  readonly element: string;
  readonly targets: readonly FacadeType[];
}

/** [FHR12] What `_include` may name for a type: its reference parameters that lead to a type that can be read. An entry of the log names by id only. */
export function includesOf(type: FacadeType): ReadonlyMap<string, Include> {
  if (type === 'AuditEvent') return new Map();
  return new Map(
    Object.entries(TYPES[type].parameters).flatMap(([name, parameter]): [string, Include][] => {
      const targets = parameter.type === 'reference' ? parameter.targets.filter(isFacadeType) : [];
      return parameter.type === 'reference' && targets.length > 0 ? [[name, { element: parameter.element, targets }]] : [];
    }),
  );
}
