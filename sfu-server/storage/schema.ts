import type { ConsultState, ConsultSummary } from '#shared/domain/consult';
import type { CaseItem, CaseItemContent, CaseItemKind } from '#shared/domain/caseFile';
import type {
  AbsenceId, CartId, CaseChangeId, CaseId, CaseItemId, ConsultId, ConsultRequestId, DeliveryId, DeviceId, DutyId, HospitalSystemId, OpinionId, OrganisationId, PersonId, SeriesId, SessionId, VenueId,
} from '#shared/domain/ids';
import type { ConsultRequest } from '#shared/domain/consultation/request';
import type { RequestState } from '#shared/domain/consultation/states';
import type { RequestStep } from '#shared/domain/consultation/steps';
import type { OpinionContent, OpinionDocument, OpinionLanguage, OpinionSignature, OpinionStatus, SignatureAlgorithm } from '#shared/domain/opinion';
import type { Organisation, Party } from '#shared/domain/people';
import type { CivilDate, Recurrence } from '#shared/domain/recurrence';
import type { Role } from '#shared/domain/roles';
import type { SystemScope } from '#shared/domain/hospitalSystem';
import type { Absence, Answer, Duty, Hours, Resource } from '#shared/domain/scheduling';
import type { SpecialtyCode, TitleGrade } from '#shared/domain/specialties';
import type { AuditEntry } from '#shared/protocol/admin';
import type { PacsLink } from '#shared/protocol/imaging';
import type { CaseReceipt } from '#shared/protocol/cases';
import type { DeliveryReason, DeliveryState, OutsideChannel } from '#shared/domain/delivery';
import type { NoticeKind } from '#shared/domain/consultation/notices';
import type { AgendaItem } from '#shared/protocol/inSession';
import type { NoticeRow } from './notices.ts';
import type { Generated, JSONColumnType } from 'kysely';

/**
 * The tables as Kysely sees them. Ids and enumerations have their domain types, because values are parsed before they are
 * written. Every `*_ms` is a bigint of Unix epoch ms by the server's civil clock, read as a number.
 */
export interface Schema {
  installation: { key: string; value: string };
  organisations: { id: OrganisationId; parent_id: OrganisationId | null; tier: Organisation['tier']; name_zh: string; name_en: string };
  people: {
    id: PersonId;
    sign_in_name: string;
    password_hash: string;
    name_zh: string;
    name_en: string;
    title_zh: string | null;
    title_en: string | null;
    role: Role;
    organisation_id: OrganisationId;
    is_active: boolean;
    is_demo: boolean;
    email: string | null;
    created_at_ms: number;
  };
  /** By name and not by person: a name that does not exist is locked out the same way, so that a lock says nothing. */
  sign_in_attempts: { sign_in_name: string; failures: number; lockouts: number; locked_until_ms: number | null; last_attempt_at_ms: number };
  carts: {
    id: CartId;
    organisation_id: OrganisationId;
    name_zh: string;
    name_en: string;
    /** JSON Web Key, as text; null until enrolled. */
    public_key: string | null;
    is_revoked: boolean;
    last_seen_at_ms: number | null;
    created_at_ms: number;
  };
  enrolment_codes: { cart_id: CartId; code_hash: string; expires_at_ms: number; tries: number };
  sessions: {
    id: SessionId;
    /** SHA-256 of the token, hex: who reads the table cannot sign in with it. */
    token_hash: string;
    party_kind: Party['kind'];
    party_id: string;
    client: string;
    created_at_ms: number;
    last_seen_at_ms: number;
    expires_at_ms: number;
  };
  consults: {
    id: ConsultId;
    kind: ConsultSummary['kind'];
    state: ConsultState;
    starts_at_ms: number;
    duration_minutes: number;
    patient_name: string;
    patient_age: number | null;
    patient_sex: ConsultSummary['patientSex'];
    question: string;
    organisation_id: OrganisationId;
    host_person_id: PersonId;
    is_locked: boolean;
    has_waiting_room: boolean;
    created_at_ms: number;
    started_at_ms: number | null;
    /** When it was ended or cancelled. */
    ended_at_ms: number | null;
  };
  consult_members: { consult_id: ConsultId; party_kind: Party['kind']; party_id: string; position: number };
  consult_admissions: { consult_id: ConsultId; party_id: string; at_ms: number };
  chat_messages: { sequence: Generated<number>; consult_id: ConsultId; id: string; author: JSONColumnType<Party>; text: string; at_ms: number };
  /** `item_count`: so that a bound needs no counting. */
  cases: { id: CaseId; organisation_id: OrganisationId; revision: number; item_count: number; created_at_ms: number; changed_at_ms: number };
  case_consults: { consult_id: ConsultId; case_id: CaseId };
  case_items: {
    case_id: CaseId;
    id: CaseItemId;
    kind: CaseItemKind;
    revision: number;
    body: JSONColumnType<CaseItemContent['body']>;
    field_revisions: JSONColumnType<Readonly<Record<string, number>>>;
    /** A Yjs document's whole state. */
    text_state: Uint8Array | null;
    author: JSONColumnType<Party>;
    created_at_ms: number;
    changed_at_ms: number;
    retraction: JSONColumnType<NonNullable<CaseItem['retraction']>> | null;
  };
  case_changes: {
    case_id: CaseId;
    id: CaseChangeId;
    /** SHA-256 of the change as JSON with sorted keys, hex; empty for those a migration made. */
    digest: string;
    receipt: JSONColumnType<CaseReceipt>;
    /** Null: not held. */
    revision: number | null;
    item_id: CaseItemId;
    /** Names of the fields that were set. */
    fields: JSONColumnType<readonly string[]>;
    author: JSONColumnType<Party>;
    /** By the writer's clock. */
    made_at_ms: number;
    at_ms: number;
  };
  /** What a case refers to in the object store; `held_at_ms` null: being uploaded. */
  attachments: { case_id: CaseId; hash: string; size_bytes: number; media_type: string; begun_at_ms: number; held_at_ms: number | null };
  case_devices: {
    device_id: DeviceId;
    party_kind: Party['kind'];
    party_id: string;
    client: string;
    cached_cases: number;
    last_seen_at_ms: number;
    wipe_asked_at_ms: number | null;
    wipe_done_at_ms: number | null;
  };
  /** `hours` and `time_zone` null: the person has not said. */
  expertise: { person_id: PersonId; grade: TitleGrade | null; time_zone: string | null; hours: JSONColumnType<readonly Hours[]> | null };
  person_specialties: { person_id: PersonId; specialty: SpecialtyCode };
  absences: { id: AbsenceId; person_id: PersonId; kind: Absence['kind']; starts_at_ms: number; ends_at_ms: number };
  duties: { id: DutyId; organisation_id: OrganisationId; role: Duty['role']; specialty: SpecialtyCode | null; person_id: PersonId; starts_at_ms: number; ends_at_ms: number };
  venues: { id: VenueId; organisation_id: OrganisationId; name_zh: string; name_en: string; is_retired: boolean };
  /** `minute_of_day` by the wall clock of the zone of its appointments. */
  session_series: { id: SeriesId; rule: JSONColumnType<Recurrence>; minute_of_day: number; sequence: number };
  /** What planning adds to a consult. */
  appointments: {
    consult_id: ConsultId;
    request_id: ConsultRequestId | null;
    time_zone: string;
    specialty: SpecialtyCode | null;
    centre_id: OrganisationId;
    venue_id: VenueId | null;
    sequence: number;
    series_id: SeriesId | null;
    series_date: CivilDate | null;
    cancel_reason: string | null;
    changed_at_ms: number;
  };
  invitations: { consult_id: ConsultId; person_id: PersonId; position: number; answer: Answer; reason: string | null; answered_at_ms: number | null };
  bookings: { consult_id: ConsultId; resource_kind: Resource['kind']; resource_id: string; starts_at_ms: number; ends_at_ms: number };
  /** `token_hash`: SHA-256, hex, as for sessions. */
  calendar_feeds: { person_id: PersonId; token_hash: string; language: 'zh' | 'en'; created_at_ms: number };
  consult_requests: {
    id: ConsultRequestId;
    case_id: CaseId;
    organisation_id: OrganisationId;
    requester_id: PersonId;
    /** Null: not sent to one. */
    centre_id: OrganisationId | null;
    /** Of the present appointment. */
    consult_id: ConsultId | null;
    state: RequestState;
    /** 0 emergency, 1 urgent, 2 routine: the order in which a desk looks at them. */
    urgency_rank: number;
    version: number;
    created_at_ms: number;
    state_since_ms: number;
    submitted_at_ms: number | null;
    /** Of its last step. */
    changed_at_ms: number;
    body: JSONColumnType<ConsultRequest>;
  };
  /** Every step that was taken, in order; never changed. */
  consult_request_steps: {
    request_id: ConsultRequestId;
    /** The request's version after it. */
    version: number;
    actor: JSONColumnType<Party>;
    from_state: RequestState;
    to_state: RequestState;
    step: JSONColumnType<RequestStep>;
    at_ms: number;
  };
  /** One stay in a room. `seen_at_ms`: the last time a server said that it goes on; `left_at_ms` null: it goes on, or its server was killed. */
  consult_presence: { consult_id: ConsultId; peer_id: string; party: JSONColumnType<Party>; entered_at_ms: number; seen_at_ms: number; left_at_ms: number | null };
  consult_agendas: { consult_id: ConsultId; version: number; items: JSONColumnType<readonly AgendaItem[]> };
  notices: NoticeRow;
  /** The outbox, and what became of it. */
  deliveries: {
    id: DeliveryId;
    /** Null: about the session `consult_id`, which nobody applied for; one of them is set. */
    request_id: ConsultRequestId | null;
    consult_id: ConsultId | null;
    party_id: string;
    kind: NoticeKind;
    channel: OutsideChannel;
    state: DeliveryState;
    reason: DeliveryReason | null;
    /** The one used last. */
    address: string | null;
    /** Of a reminder: the session's start it is about. */
    about_starts_at_ms: number | null;
    made_at_ms: number;
    next_try_at_ms: number;
    tries: number;
    done_at_ms: number | null;
  };
  reminders: { consult_id: ConsultId; starts_at_ms: number; lead_minutes: number; party_id: string; made_at_ms: number };
  /** `token_hash`: SHA-256, hex. One for each letter; the first used is the only one used of its invitation. */
  invitation_links: {
    token_hash: string;
    request_id: ConsultRequestId | null;
    consult_id: ConsultId;
    person_id: PersonId;
    starts_at_ms: number;
    duration_minutes: number;
    made_at_ms: number;
    used_at_ms: number | null;
  };
  /** `version`: the newest; 0: nothing was written yet. */
  opinions: {
    id: OpinionId;
    case_id: CaseId;
    consult_id: ConsultId;
    request_id: ConsultRequestId | null;
    addendum_to: JSONColumnType<NonNullable<OpinionDocument['addendumTo']>> | null;
    status: OpinionStatus;
    version: number;
    panel: JSONColumnType<readonly Party[]>;
    created_at_ms: number;
    changed_at_ms: number;
  };
  opinion_versions: {
    opinion_id: OpinionId;
    number: number;
    content: JSONColumnType<OpinionContent>;
    author: JSONColumnType<Party>;
    at_ms: number;
    submitted: JSONColumnType<{ readonly by: Party; readonly atMs: number }> | null;
    returned: JSONColumnType<{ readonly by: Party; readonly atMs: number; readonly reason: string }> | null;
    /** The canonical text that is signed, as text: a JSON column would give its own order back. */
    document_text: string | null;
    document_hash: string | null;
  };
  opinion_signatures: { opinion_id: OpinionId; version: number; position: number; person_id: PersonId; signature: JSONColumnType<OpinionSignature> };
  /** `sealed`: the private key, which the person's password opens; `certificate`: DER, base64. */
  signing_keys: { id: string; person_id: PersonId; algorithm: SignatureAlgorithm; certificate: string; sealed: JSONColumnType<object>; created_at_ms: number; retired_at_ms: number | null };
  /** The sealed PDF in the object store. */
  opinion_files: { opinion_id: OpinionId; language: OpinionLanguage; hash: string; size_bytes: number; at_ms: number };
  /** `token_hash`: SHA-256, hex. One that was revoked stays, so that the log's names can be read. */
  hospital_systems: {
    id: HospitalSystemId;
    organisation_id: OrganisationId;
    name: string;
    scopes: JSONColumnType<readonly SystemScope[]>;
    token_hash: string;
    created_at_ms: number;
    expires_at_ms: number;
    revoked_at_ms: number | null;
    last_used_at_ms: number | null;
  };
  /** By what a hospital's system knows the request that it made; `digest`: SHA-256 of what it sent, hex. */
  request_identifiers: { organisation_id: OrganisationId; system: string; value: string; request_id: ConsultRequestId; digest: string };
  imaging_studies: { study_uid: string; case_id: CaseId; created_at_ms: number };
  /** `pixels`: the plan of its pixels as JSON, null without any; `metadata`: the data set in the DICOM JSON model, without bulk data. */
  imaging_instances: {
    case_id: CaseId;
    sop_uid: string;
    study_uid: string;
    series_uid: string;
    sop_class_uid: string;
    hash: string;
    size_bytes: number;
    pixels: string | null;
    metadata: string;
    instance_number: number;
    stored_at_ms: number;
    variant: 'original' | 'deidentified';
    /** JSON: of a copy, what was done to it. */
    report: string | null;
  };
  /** Contents of the object store that were taken in as images, with when they last were. */
  imaging_objects: { hash: string; taken_at_ms: number };
  /** Of the hospital's PACS; `total`: instances there, as far as it said. */
  imaging_links: { study_uid: string; case_id: CaseId; linked_by: JSONColumnType<Party>; state: 'loading' | 'loaded' | 'failed'; code: string | null; loaded: number; total: number; linked_at_ms: number; confirmed: JSONColumnType<PacsLink['others'][number]['patient'][]>; others: JSONColumnType<PacsLink['others'][number][]> };
  audit: {
    sequence: number;
    at_ms: number;
    actor_kind: AuditEntry['actorKind'];
    actor_id: string | null;
    organisation_id: OrganisationId | null;
    action: string;
    subject: string | null;
    outcome: AuditEntry['outcome'];
    code: string | null;
    previous_hash: string;
    hash: string;
  };
}
