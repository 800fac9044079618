import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attachment, CASE_ITEM_KINDS, type CaseItemContent, type CaseItemKind, caseItemContentSchema } from '#shared/domain/caseFile';
import { caseIdSchema, caseItemIdSchema, consultIdSchema } from '#shared/domain/ids';
import { partySchema } from '#shared/domain/people';
import { toAppError } from '#shared/protocol/errors';
import { SHA256_EXTENSION } from '../../../../sfu-server/cases/fhir/codes.ts';
import { exportCase } from '../../../../sfu-server/cases/fhir/exportCase.ts';
import { importBundle } from '../../../../sfu-server/cases/fhir/importBundle.ts';
import type { FhirAttachment } from '../../../../sfu-server/cases/fhir/schemas.ts';
import { noteOfPlainText, plainTextOf } from '../../../../sfu-server/cases/noteText.ts';
import type { StoredItem } from '../../../../sfu-server/storage/caseRecords.ts';
import { contentOf } from '../../../helpers/caseHall.ts';
import { fhirProblems } from '../../../helpers/fhirValidation.ts';

const NOW_MS = 1_800_000_000_000;
const author = partySchema.parse({ kind: 'person', id: 'lin', name: { zh: '林', en: 'Lin' }, title: null, role: 'expert', organisationId: 'city', organisationName: { zh: '市医院', en: 'City' } });
const caseId = caseIdSchema.parse('case-1');

const item = (id: string, content: CaseItemContent, change: Partial<StoredItem> = {}): StoredItem => ({
  id: caseItemIdSchema.parse(id), revision: 1, content, fieldRevisions: {}, textState: null, author, createdAtMs: NOW_MS, changedAtMs: NOW_MS, retraction: null, ...change,
});

/** As the server does where the content is held: by hash. */
const take = (attachment: FhirAttachment): Attachment => ({
  hash: attachment.extension.find(({ url }) => url === SHA256_EXTENSION)?.valueString ?? '', sizeBytes: attachment.size ?? 0, mediaType: attachment.contentType ?? '', fileName: attachment.title ?? '',
});
let made = 0;
const newItemId = () => caseItemIdSchema.parse(`new-${(made += 1)}`);
const read = (bundle: unknown) => importBundle(bundle, take, newItemId, NOW_MS);
const entry = (resource: object, fullUrl?: string) => ({ ...(fullUrl === undefined ? {} : { fullUrl }), resource });
const recordOfControl = { kind: 'document', body: { category: 'controlRecord', title: '林 · S1', takenAtMs: NOW_MS, attachment: { hash: 'b'.repeat(64), sizeBytes: 7, mediaType: 'application/x-ndjson', fileName: 'r.ndjson' }, control: { consultId: consultIdSchema.parse('one'), part: 1, from: 3, to: 90, lastHash: 'a'.repeat(64) } } } as const;
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return toAppError(error).code;
  }
  return 'done';
};

/** Texts as people write them; FHIR knows no text of blanks only. */
const words = fc.string({ unit: fc.constantFrom('咳', '嗽', '<', '>', '&', '"', 'a', 'B', '7', '。', '，', '\n', '&amp;', '\u3000', '𠮷'), minLength: 1, maxLength: 30 }).map((text) => text.trim()).filter((text) => text !== '');
const line = words.map((text) => text.replaceAll('\n', ' ').slice(0, 60));
const prose = fc.oneof(fc.constant(''), words);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const time = fc.integer({ min: 0, max: 253_402_300_799_999 });
const amount = fc.integer({ min: 0, max: 100_000 }).map((value) => value / 100);
const attachment = fc.record({ hash: fc.stringMatching(/^[0-9a-f]{64}$/), sizeBytes: fc.integer({ min: 1, max: 2_000_000_000 }), mediaType: fc.constantFrom('image/png', 'application/pdf', 'application/dicom'), fileName: fc.oneof(fc.constant(''), line) });
const day = fc.date({ min: new Date('1900-01-01'), max: new Date('2026-01-01'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10));
const upTo = (max: number) => maybe(fc.integer({ min: 0, max: max * 10 }).map((value) => value / 10));

/** Marks leave as a DICOM SR, and a view of images is of this program alone. */
const BODIES: { readonly [K in Exclude<CaseItemKind, 'marks' | 'imagingView'>]: fc.Arbitrary<unknown> } = {
  patient: fc.record({ name: line, sex: fc.constantFrom('female', 'male', 'other', 'unknown'), birthDate: maybe(day), ageYears: maybe(fc.nat(130)), recordNumber: maybe(fc.stringMatching(/^[A-Z0-9-]{1,20}$/)), phone: maybe(fc.stringMatching(/^1\d{10}$/)) }),
  request: fc.record({ question: prose, diagnosis: prose, urgency: fc.constantFrom('routine', 'urgent', 'emergency'), ward: fc.oneof(fc.constant(''), line), bed: fc.stringMatching(/^[A-Z0-9]{0,5}$/), kind: fc.constant('consultation' as const), wanted: fc.constant([]), preferredTimes: fc.constant([]), needsCart: fc.constant(false) }),
  history: fc.record({ presentIllness: prose, pastHistory: prose, medication: prose, allergies: prose }),
  examination: fc.record({ general: prose, findings: prose }),
  vitals: fc.record({ measuredAtMs: time, heartRatePerMin: upTo(400), respiratoryRatePerMin: upTo(150), systolicMmHg: upTo(400), diastolicMmHg: upTo(300), oxygenSaturationPercent: upTo(100), temperatureC: maybe(fc.integer({ min: 100, max: 500 }).map((value) => value / 10)) }),
  lab: fc
    .record({ collectedAtMs: time, name: fc.record({ zh: line, en: fc.stringMatching(/^[A-Za-z][A-Za-z ]{0,20}[a-z]$/) }), code: maybe(fc.stringMatching(/^\d{1,5}-\d$/)), value: maybe(amount), text: maybe(words), unit: fc.constantFrom('mmol/L', '10*9/L', 'g/L', '%', 'U/L', 'ng/mL', 'μmol/L'), low: maybe(amount), high: maybe(amount) })
    .map((body) => (body.value === null && body.low === null && body.high === null ? { ...body, unit: '' } : body)), // a unit of nothing has no place
  document: fc.record({ category: fc.constantFrom('photograph', 'report', 'letter', 'still', 'dicom', 'other'), title: fc.oneof(fc.constant(''), line), takenAtMs: time, attachment }),
  imaging: fc.record({ studyUid: fc.stringMatching(/^1(\.[1-9]\d{0,5}){1,8}$/), modality: fc.constantFrom('CT', 'MR', 'US', 'DX', ''), description: fc.oneof(fc.constant(''), line), studiedAtMs: time, seriesCount: fc.nat(10_000) }),
  series: fc.constant({ studyUid: '1.2', seriesUid: '1.2.3', modality: 'CT', description: '' }),
  opinion: fc.record({ findings: prose, recommendation: prose }),
  consent: fc.record({ formTitle: fc.oneof(fc.constant(''), line), formText: prose, signerName: fc.oneof(fc.constant(''), line), relation: fc.constantFrom('patient', 'spouse', 'parent', 'child', 'guardian', 'other'), signedAtMs: time, signature: attachment }),
  note: fc.record({ title: line }),
};
const SINGLE = (['history', 'examination', 'request'] as const).map((kind) => BODIES[kind].map((body) => ({ kind, body })));
const MANY = (['vitals', 'lab', 'document', 'imaging', 'opinion', 'consent', 'note'] as const).map((kind) => BODIES[kind].map((body) => ({ kind, body })));

const wholeCase = fc
  .tuple(BODIES.patient, fc.tuple(...SINGLE.map((single) => fc.option(single, { nil: undefined }))), fc.array(fc.oneof(...MANY), { maxLength: 12 }), fc.array(prose, { minLength: 12, maxLength: 12 }))
  .map(([patient, singles, many, texts]) =>
    [{ kind: 'patient' as const, body: patient }, ...singles.flatMap((one) => one ?? []), ...many].map((raw, index) => {
      const content = caseItemContentSchema.parse(raw) as CaseItemContent; // one option for each kind
      const isSingle = CASE_ITEM_KINDS[content.kind].count === 'one';
      const text = texts[index % texts.length] ?? '';
      return item(isSingle ? content.kind : `item-${index}`, content, content.kind === 'note' && text !== '' ? { textState: noteOfPlainText(text) } : {});
    }),
  );

const comparable = (items: readonly { readonly id: string; readonly content: CaseItemContent; readonly textState: Uint8Array | null }[]) =>
  items.map(({ id, content, textState }) => ({ id, content, text: plainTextOf(textState) })).sort((a, b) => (a.id < b.id ? -1 : 1));

describe('a case as FHIR R4', () => {
  it('[CTL113] a record of remote control leaves with its case, and comes back as a document: whose it was is for who had it to say', () => {
    const bundle = exportCase({ id: caseId }, [item('patient', contentOf('patient') as CaseItemContent), item('r1', recordOfControl)], NOW_MS); // the helper knows only that it is one of them
    expect(fhirProblems(bundle)).toEqual([]);
    expect(JSON.stringify(bundle)).toMatch(/"resourceType":"DocumentReference".*"code":"controlRecord".*"contentType":"application\/x-ndjson"/);
    expect(read(bundle).items.find(({ content }) => content.kind === 'document')?.content.body).toEqual({ category: 'other', title: '林 · S1', takenAtMs: NOW_MS, attachment: recordOfControl.body.attachment });
  });

  it('comes back from its own export as it was, and the validator finds nothing', () => {
    fc.assert(
      fc.property(wholeCase, (items) => {
        const bundle: unknown = JSON.parse(JSON.stringify(exportCase({ id: caseId }, items, NOW_MS)));
        const { items: back, left } = read(bundle);
        expect(left).toEqual([]);
        expect(comparable(back)).toEqual(comparable(items));
      }),
      { numRuns: 150, seed: 11 },
    );
  });

  it('is valid by the definitions of R4, whatever is in it', () => {
    fc.assert(
      fc.property(wholeCase, (items) => {
        expect(fhirProblems(exportCase({ id: caseId }, items, NOW_MS))).toEqual([]);
      }),
      { numRuns: 25, seed: 12 },
    );
  });

  it('is valid with every kind, taken back and not, and with nothing filled in', () => {
    const kinds = Object.keys(BODIES) as (keyof typeof BODIES)[]; // the table's own keys
    const items = kinds.flatMap((kind) => {
      const content = contentOf(kind) as CaseItemContent; // as above
      return CASE_ITEM_KINDS[kind].count === 'one' ? [item(kind, content)] : [item(`${kind.toLowerCase()}-1`, content), item(`${kind.toLowerCase()}-2`, content, { retraction: { by: author, atMs: NOW_MS, reason: '录入错误' } })];
    });
    const bundle = exportCase({ id: caseId }, items, NOW_MS);
    expect(fhirProblems(bundle)).toEqual([]);
    expect(new Set(bundle.entry?.map(({ resource }) => resource?.resourceType))).toEqual(new Set(['Patient', 'ServiceRequest', 'Composition', 'Observation', 'DocumentReference', 'ImagingStudy', 'ClinicalImpression', 'Consent', 'Communication']));
    const back = read(bundle);
    expect(back.items.map(({ id }) => id).sort()).toEqual(items.filter(({ retraction, content }) => retraction === null && content.kind !== 'series').map(({ id }) => id).sort());
    expect(new Set(back.left.map(({ reason }) => reason))).toEqual(new Set(['enteredInError']));
    const empty = [
      item('patient', { kind: 'patient', body: { name: '', sex: 'unknown', birthDate: null, ageYears: null, recordNumber: null, phone: null } }),
      item('request', { kind: 'request', body: { question: '', diagnosis: '', urgency: 'routine', ward: '', bed: '', kind: 'consultation', wanted: [], preferredTimes: [], needsCart: false } }),
      item('history', { kind: 'history', body: { presentIllness: '', pastHistory: '', medication: '', allergies: '' } }),
      item('v', { kind: 'vitals', body: { measuredAtMs: 0, heartRatePerMin: null, respiratoryRatePerMin: null, systolicMmHg: null, diastolicMmHg: null, oxygenSaturationPercent: null, temperatureC: null } }),
      item('l', { kind: 'lab', body: { collectedAtMs: 0, name: { zh: '　', en: ' ' }, code: ' x ', value: null, text: ' ', unit: ' ', low: null, high: null } }),
      item('n', { kind: 'note', body: { title: ' ' } }),
    ];
    expect(fhirProblems(exportCase({ id: caseId }, empty, NOW_MS))).toEqual([]);
  });

  it('uses the codes that others know', () => {
    const vitals = contentOf('vitals') as CaseItemContent; // as above
    const bundle = exportCase({ id: caseId }, [item('patient', contentOf('patient') as CaseItemContent), item('v', vitals), item('l', contentOf('lab') as CaseItemContent)], NOW_MS);
    const text = JSON.stringify(bundle);
    for (const part of ['"code":"8867-4"', '"code":"/min"', '"code":"8480-6"', '"code":"mm[Hg]"', '"code":"Cel"', '"code":"2823-3"', '"system":"http://unitsofmeasure.org"', '"low":{"value":3.5']) expect(text).toContain(part);
  });

  it('takes in what it can of a foreign bundle, and lists what it left', () => {
    const loinc = (code: string, display: string) => ({ coding: [{ system: 'http://loinc.org', code, display }] });
    const at = '2026-11-20T08:30:00+08:00';
    const { items, left } = read({
      resourceType: 'Bundle', type: 'transaction',
      entry: [
        entry({ resourceType: 'Patient', id: 'p', name: [{ family: '欧阳', given: ['修', '远'] }], gender: 'male', birthDate: '1950', identifier: [{ system: 'urn:other', value: 'MRN7' }], managingOrganization: { reference: 'Organization/1' } }),
        entry({ resourceType: 'Patient', name: [{ text: '别人' }] }),
        entry({ resourceType: 'Observation', status: 'final', code: loinc('8867-4', 'Heart rate'), effectiveDateTime: at, valueQuantity: { value: 91, unit: 'beats/min' } }),
        entry({ resourceType: 'Observation', status: 'final', code: loinc('85354-9', 'BP'), effectiveDateTime: at, component: [{ code: loinc('8480-6', 'Sys'), valueQuantity: { value: 150 } }, { code: loinc('8462-4', 'Dia'), valueQuantity: { value: 90 } }] }),
        entry({ resourceType: 'Observation', status: 'final', code: loinc('59408-5', 'SpO2'), effectiveDateTime: '2026-11-20T12:00:00Z', valueQuantity: { value: 96 } }),
        entry({ resourceType: 'Observation', status: 'final', code: { text: '乙肝表面抗原' }, valueCodeableConcept: { text: '阴性' } }),
        entry({ resourceType: 'Observation', status: 'entered-in-error', code: { text: 'x' } }),
        entry({ resourceType: 'AllergyIntolerance', code: { text: '青霉素' }, note: [{ text: '皮疹' }] }),
        entry({ resourceType: 'Condition', code: loinc('x', '高血压') }), entry({ resourceType: 'Condition', code: { text: '糖尿病' } }),
        entry({ resourceType: 'MedicationStatement', medicationCodeableConcept: { text: '二甲双胍' } }),
        entry({ resourceType: 'Composition', title: '出院小结', section: [{ title: '经过', text: { status: 'generated', div: '<div><p>好转 &amp; 出院</p><p>随访</p></div>' } }] }),
        entry({ resourceType: 'Appointment', status: 'booked' }), entry({ resourceType: 'ImagingStudy', status: 'available' }), entry({ resourceType: 'Observation' }), { fullUrl: 'urn:x' },
      ],
    });
    const bodies = (kind: CaseItemKind) => items.filter(({ content }) => content.kind === kind).map(({ content }) => content.body);
    expect(bodies('patient')).toEqual([{ name: '欧阳修远', sex: 'male', birthDate: null, ageYears: null, recordNumber: 'MRN7', phone: null }]);
    expect(bodies('vitals')).toMatchObject([{ measuredAtMs: Date.parse(at), heartRatePerMin: 91, systolicMmHg: 150, diastolicMmHg: 90 }, { oxygenSaturationPercent: 96, heartRatePerMin: null }]);
    expect(bodies('lab')).toMatchObject([{ name: { zh: '乙肝表面抗原' }, text: '阴性', value: null, collectedAtMs: NOW_MS }]);
    expect(bodies('history')).toEqual([{ presentIllness: '', pastHistory: '高血压\n糖尿病', medication: '二甲双胍', allergies: '青霉素，皮疹' }]);
    expect(items.flatMap(({ content, textState }) => (content.kind === 'note' ? [[content.body.title, plainTextOf(textState)]] : []))).toEqual([['出院小结', '经过\n好转 & 出院\n随访']]);
    expect(left.map(({ resourceType, reason, detail }) => `${resourceType}: ${reason}${detail === null ? '' : ` ${detail}`}`)).toEqual([
      'Patient: onlyOne', 'Observation: enteredInError', 'Appointment: unknownKind', 'ImagingStudy: noStudy', 'Observation: doesNotFit code',
    ]);
  });

  it.each([[null], [{}], ['Bundle'], [{ resourceType: 'Patient' }], [{ resourceType: 'Bundle', entry: [] }], [{ resourceType: 'Bundle', entry: [{ resource: { resourceType: 'Appointment' } }] }], [{ resourceType: 'Bundle', entry: Array(5001).fill({}) }]])('refuses %j', (value) => {
    expect(codeOf(() => read(value))).toBe('input.malformed');
  });

  it('refuses or takes whatever is sent, and never falls over', () => {
    const types = ['Patient', 'Observation', 'Consent', 'Composition', 'DocumentReference', 'Communication', 'ImagingStudy'];
    const hostile = fc.record({ resourceType: fc.constantFrom(...types), code: fc.jsonValue(), section: fc.jsonValue(), content: fc.jsonValue(), identifier: fc.jsonValue(), name: fc.jsonValue(), payload: fc.jsonValue() }, { requiredKeys: ['resourceType'] });
    fc.assert(fc.property(fc.array(hostile, { maxLength: 5 }), (resources) => ['done', 'input.malformed'].includes(codeOf(() => read({ resourceType: 'Bundle', entry: [entry({ resourceType: 'Patient' }), ...resources.map((one) => entry(one))] })))), { numRuns: 300, seed: 13 });
  });
});
