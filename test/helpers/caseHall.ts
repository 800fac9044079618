import { CASE_ITEM_KINDS, type CaseItemBody, type CaseItemKind } from '#shared/domain/caseFile';
import { caseChangeIdSchema, type CaseId, caseIdSchema, caseItemIdSchema, consultIdSchema, type PersonId, sessionIdSchema } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import { required } from '#shared/lib/assert';
import type { Clock } from '#shared/lib/clock';
import type { CaseChange, CaseOperation } from '#shared/protocol/cases';
import * as Y from 'yjs';
import type { Identity } from '../../sfu-server/auth/sessions.ts';
import type { NewConsult } from '../../sfu-server/storage/consults.ts';
import { addCart, addOrganisations, addPerson, cartId, orgId, personId, type ServerParts } from './serverParts.ts';

export const HOUR_MS = 3_600_000;
export const aCase = (id: string) => caseIdSchema.parse(id);
export const anItem = (id: string) => caseItemIdSchema.parse(id);
export const aConsult = (id: string) => consultIdSchema.parse(id);

/** The bodies of items of each kind, small and complete. */
const SAMPLES: { readonly [K in CaseItemKind]: CaseItemBody<K> } = {
  patient: { name: '陈小明', sex: 'male', birthDate: '1960-02-29', ageYears: 65, recordNumber: 'ZY-1', phone: null },
  request: { question: '？', diagnosis: '', urgency: 'urgent', ward: 'ICU', bed: '3', kind: 'consultation', wanted: [], preferredTimes: [], needsCart: false },
  history: { presentIllness: '咳嗽三天', pastHistory: '', medication: '', allergies: '青霉素' },
  examination: { general: '', findings: '' },
  vitals: { measuredAtMs: 1_800_000_000_000, heartRatePerMin: 88, respiratoryRatePerMin: 18, systolicMmHg: 120, diastolicMmHg: 80, oxygenSaturationPercent: 97, temperatureC: 36.8 },
  lab: { collectedAtMs: 1_800_000_000_000, name: { zh: '血钾', en: 'Potassium' }, code: '2823-3', value: 4.1, text: null, unit: 'mmol/L', low: 3.5, high: 5.3 },
  document: { category: 'photograph', title: '', takenAtMs: 1, attachment: { hash: '0'.repeat(64), sizeBytes: 1, mediaType: 'image/png', fileName: 'a.png' } },
  imaging: { studyUid: '1.2.3', modality: 'CT', description: '', studiedAtMs: 1, seriesCount: 2 },
  series: { studyUid: '1.2.3', seriesUid: '1.2.3.4', modality: 'CT', description: '' },
  marks: {},
  imagingView: { title: '右上肺', presentation: { layout: { rows: 1, columns: 1 }, active: 0, cells: [], pointer: null }, consultId: null },
  opinion: { findings: '', recommendation: '' },
  consent: { formTitle: '同意书', formText: '同意', signerName: '陈', relation: 'spouse', signedAtMs: 1, signature: { hash: '0'.repeat(64), sizeBytes: 1, mediaType: 'image/png', fileName: 's.png' } },
  note: { title: '讨论' },
};

/** A content of that kind, with some of it changed. */
export function contentOf<K extends CaseItemKind>(kind: K, change: Partial<CaseItemBody<K>> = {}) {
  const body = { ...SAMPLES[kind], ...change };
  return { kind, body: CASE_ITEM_KINDS[kind].body.parse(body) } as Extract<CaseOperation, { type: 'create' }>['content']; // parsed by the schema of its kind
}

let made = 0;

/** A change with an id of its own. */
export function changeOf(caseId: CaseId, operation: CaseOperation, id = `change-${(made += 1)}`): CaseChange {
  return { id: caseChangeIdSchema.parse(id), caseId, madeAtMs: 1, operation };
}

export const create = (itemId: string, content: Extract<CaseOperation, { type: 'create' }>['content'], text: string | null = null): CaseOperation => ({ type: 'create', itemId: anItem(itemId), content, text });
export const setFields = (itemId: string, baseRevision: number, fields: Record<string, unknown>): CaseOperation => ({ type: 'setFields', itemId: anItem(itemId), baseRevision, fields });
export const mergeText = (itemId: string, update: string): CaseOperation => ({ type: 'mergeText', itemId: anItem(itemId), update });
export const retract = (itemId: string, reason = 'by mistake'): CaseOperation => ({ type: 'retract', itemId: anItem(itemId), reason });

/** A writer's copy of a note, as the client's editor holds it; `type` appends a paragraph and gives the update. */
export class NoteCopy {
  readonly doc = new Y.Doc();

  constructor(clientId: number) {
    this.doc.clientID = clientId;
  }

  type(line: string): string {
    const before = Y.encodeStateVector(this.doc);
    const paragraph = new Y.XmlElement('paragraph');
    paragraph.insert(0, [new Y.XmlText(line)]);
    const fragment = this.doc.getXmlFragment('default');
    fragment.insert(fragment.length, [paragraph]);
    return Buffer.from(Y.encodeStateAsUpdate(this.doc, before)).toString('base64');
  }

  take(text: string): void {
    Y.applyUpdate(this.doc, Buffer.from(text, 'base64'));
  }
}

const PEOPLE: readonly (readonly [string, Parameters<typeof addPerson>[2], string])[] = [
  ['doctor', 'requester', 'county'], ['nurse', 'bedside', 'county'], ['approver', 'approver', 'county'], ['expert', 'expert', 'province'], ['observer', 'observer', 'province'],
  ['scheduler', 'scheduler', 'city'], ['stranger', 'requester', 'city'], ['farscheduler', 'scheduler', 'other'], ['admin', 'administrator', 'province'],
];

/**
 * People around case files, on parts of the server: `doctor` (requester), `nurse` and `cart` of the county, `expert` and
 * `observer` of the province, `scheduler` of the city, `stranger` (requester) and `farScheduler` of another tree, `approver`, `admin`.
 */
export class CaseHall {
  readonly parts: ServerParts<Clock>;
  readonly #identities = new Map<string, Identity>();

  private constructor(parts: ServerParts<Clock>) {
    this.parts = parts;
  }

  static async open(parts: ServerParts<Clock>): Promise<CaseHall> {
    await addOrganisations(parts);
    for (const [name, role, organisation] of PEOPLE) await addPerson(parts, name, role, organisation);
    await addCart(parts, 'cart', 'county');
    return CaseHall.#of(parts);
  }

  /** On a database that outlives the process: with one consult and its case, made by the first process that comes that far. */
  static async openOrFind(parts: ServerParts<Clock>, consultId: string): Promise<{ readonly hall: CaseHall; readonly caseId: CaseId }> {
    const caseId = aCase(`case-${consultId}`);
    const isThere = (await parts.carts.party(cartId('cart'))) !== null;
    const hall = isThere ? await CaseHall.#of(parts) : await CaseHall.open(parts);
    const isBegun = (await parts.access.among(hall.as('doctor').party, parts.clock.wallMs(), [caseId])).length > 0;
    if (!isBegun) await hall.consult(consultId, ['expert', 'nurse']);
    return { hall, caseId };
  }

  static async #of(parts: ServerParts<Clock>): Promise<CaseHall> {
    const hall = new CaseHall(parts);
    for (const [name] of PEOPLE) hall.#seat(name, await parts.people.party(personId(name)));
    hall.#seat('cart', await parts.carts.party(cartId('cart')));
    return hall;
  }

  async add(name: string, role: Parameters<typeof addPerson>[2], organisation: string): Promise<void> {
    this.#seat(name, await this.parts.people.party(await addPerson(this.parts, name, role, organisation)));
  }

  has(name: string): boolean {
    return this.#identities.has(name);
  }

  #seat(name: string, party: Party | null): void {
    this.#identities.set(name, { sessionId: sessionIdSchema.parse(`session-${name}`), party: required(party, name) });
  }

  as(name: string): Identity {
    return required(this.#identities.get(name), name);
  }

  /** A consult with a case of the id `case-ID`, in an hour, of half an hour; nobody but the host is invited unless named. */
  async consult(id: string, members: readonly string[] = [], change: Partial<NewConsult> = {}): Promise<CaseId> {
    const { parts } = this;
    const caseId = change.caseFile?.id ?? aCase(`case-${id}`);
    await parts.consults.create({
      id: aConsult(id), kind: 'mdt', state: 'scheduled', startsAtMs: parts.clock.wallMs() + HOUR_MS, durationMinutes: 30, patient: { name: '陈小明', age: 65, sex: 'male' }, question: '？',
      organisationId: orgId('county'), hostPersonId: personId('doctor') as PersonId, members: members.map((name) => ({ kind: this.as(name).party.kind, id: this.as(name).party.id })),
      hasWaitingRoom: false, createdAtMs: parts.clock.wallMs(), caseFile: { id: caseId, begunBy: this.as('scheduler').party }, ...change,
    });
    return caseId;
  }

  submit(name: string, caseId: CaseId, ...operations: readonly CaseOperation[]) {
    return this.parts.caseFiles.submit(this.as(name), caseId, operations.map((operation) => changeOf(caseId, operation)));
  }

  /** Every item as `name` reads it, page by page. */
  async read(name: string, caseId: CaseId, limit = 500) {
    const items = [];
    for (let since = 0; ; ) {
      const page = await this.parts.caseFiles.changes(this.as(name), caseId, since, limit);
      items.push(...page.items);
      since = page.revision;
      if (!page.hasMore) return { items, revision: since, summary: page.summary };
    }
  }
}
