import { AppError } from '#shared/protocol/errors';
import type { InstanceRecord } from '../storage/imaging.ts';
import type { JsonDataSet, JsonElement } from './dicom/json.ts';

/** Searching (PS3.18, 10.6): what is asked for, parsed. */
export interface QidoQuery {
  readonly matches: readonly { readonly tag: string; readonly wanted: string }[];
  readonly limit: number;
  readonly offset: number;
  /** Beyond what is given anyway; `all`: everything the first instance says. */
  readonly include: readonly string[] | 'all';
}

/** One line of an answer: a study, a series or an instance by the data set of its first instance. */
interface QidoEntry {
  readonly dataSet: JsonDataSet;
  readonly retrieveUrl: string;
}

export type QidoLevel = 'studies' | 'series' | 'instances';

const KEYWORDS: Readonly<Record<string, string>> = {
  StudyDate: '00080020', StudyTime: '00080030', AccessionNumber: '00080050', Modality: '00080060', ModalitiesInStudy: '00080061', SOPClassUID: '00080016', SOPInstanceUID: '00080018',
  StudyDescription: '00081030', SeriesDescription: '0008103E', PatientName: '00100010', PatientID: '00100020', PatientBirthDate: '00100030', PatientSex: '00100040',
  BodyPartExamined: '00180015', StudyInstanceUID: '0020000D', SeriesInstanceUID: '0020000E', StudyID: '00200010', SeriesNumber: '00200011', InstanceNumber: '00200013',
  NumberOfFrames: '00280008', Rows: '00280010', Columns: '00280011', ReferringPhysicianName: '00080090',
};
const STUDY = ['00080005', '00080020', '00080030', '00080050', '00080061', '00080090', '00081030', '00100010', '00100020', '00100030', '00100040', '0020000D', '00200010', '00201206', '00201208'];
const SERIES = ['00080021', '00080031', '00080060', '00080070', '00081090', '0008103E', '00180015', '0020000E', '00200011', '00200052', '00201209', '0020000D', '00080020', '00081030'];
const INSTANCE = ['00080016', '00080018', '00080060', '0020000D', '0020000E', '00200013', '00280008', '00280010', '00280011', '00280100', '00083002', '00200032', '00200037', '00180063'];
const GIVEN: Readonly<Record<QidoLevel, readonly string[]>> = { studies: STUDY, series: SERIES, instances: INSTANCE };
const MAX_RESULTS = 5000;

/** @throws AppError `input.malformed` naming what is not understood */
export function parseQuery(parameters: Iterable<readonly [string, string]>): QidoQuery {
  const matches: { tag: string; wanted: string }[] = [];
  let [limit, offset, isAll] = [MAX_RESULTS, 0, false];
  const include: string[] = [];
  for (const [name, value] of parameters) {
    if (name === 'limit' || name === 'offset') {
      if (!/^\d{1,9}$/.test(value)) throw new AppError('input.malformed', `${name}: is no number`);
      if (name === 'limit') limit = Math.min(MAX_RESULTS, Number(value));
      else offset = Number(value);
    } else if (name === 'includefield') {
      if (value === 'all') isAll = true;
      else include.push(...value.split(',').map(tagOf));
    } else if (name !== 'fuzzymatching') matches.push({ tag: tagOf(name), wanted: wishOf(value) });
  }
  return { matches, limit, offset, include: isAll ? 'all' : include };
}

/** Few wildcards: each more makes looking for a place that fits dearer. */
function wishOf(value: string): string {
  if (value.length > 500 || (value.match(/\*+/g) ?? []).length > 4) throw new AppError('input.malformed', 'the query asks for too much at once');
  return value;
}

function tagOf(name: string): string {
  const tag = /^[0-9A-Fa-f]{8}$/.test(name) ? name.toUpperCase() : KEYWORDS[name];
  if (tag === undefined) throw new AppError('input.malformed', 'the query names an attribute that is not known');
  return tag;
}

/** What an answer may have, characters: a list is read at a glance, and whoever wants everything asks for metadata, which are streamed. */
const MAX_ANSWER = 64 * 1024 * 1024;

/** An answer as it grows: entries are offered one after the other, and of each only what is asked for is held. */
export class QidoAnswer {
  readonly #query: QidoQuery;
  readonly #level: QidoLevel;
  readonly #found: string[] = [];
  #passed = 0;
  #characters = 0;

  constructor(query: QidoQuery, level: QidoLevel) {
    this.#query = query;
    this.#level = level;
  }

  /** Nothing more is wanted. */
  get isFull(): boolean {
    return this.#found.length >= this.#query.limit;
  }

  /** @throws AppError `input.tooLarge` when this one makes the answer larger than any may be */
  offer({ dataSet, retrieveUrl }: QidoEntry): void {
    const { matches, include, offset } = this.#query;
    if (this.isFull || !matches.every(({ tag, wanted }) => fits(dataSet[tag], wanted))) return;
    this.#passed += 1;
    if (this.#passed <= offset) return;
    const tags = include === 'all' ? Object.keys(dataSet) : [...GIVEN[this.#level], ...include];
    const given: JsonDataSet = {};
    for (const tag of [...new Set(tags)].sort()) if (dataSet[tag] !== undefined) given[tag] = dataSet[tag];
    const text = JSON.stringify({ ...given, '00081190': { vr: 'UR', Value: [retrieveUrl] } });
    this.#characters += text.length;
    if (this.#characters > MAX_ANSWER) throw new AppError('input.tooLarge', 'the answer would be too large: ask for fewer at a time, by limit and offset');
    this.#found.push(text);
  }

  /** JSON. */
  get text(): string {
    return `[${this.#found.join(',')}]`;
  }
}

/** Matching (PS3.4, C.2.2.2): lists of UIDs, ranges of dates, wildcards; an empty wish is met by everything. */
function fits(element: JsonElement | undefined, wanted: string): boolean {
  if (wanted === '' || wanted === '*') return true;
  const values = (element?.Value ?? []).flatMap(textsOf);
  if (element?.vr === 'UI') return wanted.split(/[,\\]/).some((uid) => values.includes(uid));
  if ((element?.vr === 'DA' || element?.vr === 'TM') && wanted.includes('-')) {
    const [from = '', to = ''] = wanted.split('-');
    return values.some((value) => (from === '' || value >= from) && (to === '' || value <= `${to}~`)); // «~» is above every digit: 12 takes in 1259
  }
  const plain = (text: string) => (element?.vr === 'PN' ? text.toLowerCase() : text);
  return values.some((value) => isLike([...plain(value)], [...plain(wanted)]));
}

/** `*` stands for any characters and `?` for one. Only the last `*` is tried further on: what a hostile text costs is bounded by both lengths. */
function isLike(text: readonly string[], pattern: readonly string[]): boolean {
  let [at, to, star, from] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[to] === '*') [star, from, to] = [to, at, to + 1];
    else if (pattern[to] === '?' || pattern[to] === text[at]) [at, to] = [at + 1, to + 1];
    else if (star >= 0) [from, at, to] = [from + 1, from + 1, star + 1];
    else return false;
  }
  return pattern.slice(to).every((one) => one === '*');
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value).slice(0, 200)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

/** Offers series by their first instances, which come study by study, gathered to studies where that is asked for. */
export async function offerSeries(answer: QidoAnswer, level: 'studies' | 'series', pages: AsyncIterable<readonly { readonly first: InstanceRecord; readonly instances: number }[]>, urlOf: (instance: InstanceRecord) => string): Promise<void> {
  let study: { readonly head: InstanceRecord; readonly modalities: Set<string>; series: number; instances: number } | null = null;
  const end = () => {
    if (study === null) return;
    const { head, modalities, series, instances } = study;
    const dataSet = { ...parseMetadata(head), '00080061': { vr: 'CS', Value: [...modalities] }, '00201206': { vr: 'IS', Value: [series] }, '00201208': { vr: 'IS', Value: [instances] } };
    answer.offer({ dataSet, retrieveUrl: urlOf(head) });
  };
  for await (const page of pages) {
    for (const { first, instances } of page) {
      const dataSet = parseMetadata(first);
      if (level === 'series') {
        answer.offer({ dataSet: { ...dataSet, '00201209': { vr: 'IS', Value: [instances] } }, retrieveUrl: urlOf(first) });
        continue;
      }
      if (study?.head.studyUid !== first.studyUid) {
        end();
        study = { head: first, modalities: new Set(), series: 0, instances: 0 };
      }
      const modality = dataSet['00080060']?.Value?.[0];
      if (typeof modality === 'string') study.modalities.add(modality);
      study.series += 1;
      study.instances += instances;
    }
    if (answer.isFull) return;
  }
  end();
}

/** The data set of a record; its text was made by this server. */
export function parseMetadata({ metadata }: InstanceRecord): JsonDataSet {
  return JSON.parse(metadata) as JsonDataSet; // as `ImageStore` wrote it
}
