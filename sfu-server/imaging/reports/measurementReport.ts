import type { Mark, Measured } from '#shared/domain/imaging/marks';
import { CONCEPTS as C, conceptOf, type Graphic, graphicsOf, type ImagePoint, trackingOf, uidOfMark, unitCode } from '#shared/domain/imaging/report';
import type { Bilingual, Party } from '#shared/domain/people';
import { AppError } from '#shared/protocol/errors';
import type { WrittenDataSet } from '../dicom/write.ts';
import type { JsonDataSet } from '../dicom/json.ts';
import { codeSequence, coded, container, element, number, personName, picture, place, type ReferencedPicture, sequence, text, uid } from './contentTree.ts';

/** A mark with where it is on its picture and what was measured of it. */
export interface ReportedMark {
  readonly mark: Mark;
  readonly points: readonly ImagePoint[];
  readonly measured: readonly Measured[];
  readonly on: ReferencedPicture;
}

export interface ReportOptions {
  readonly seriesUid: string;
  readonly language: 'zh' | 'en';
  /** Who measured and writes. */
  readonly observer: Party;
  /** The zone's civil time: date YYYYMMDD, time HHMMSS, offset as +0800. */
  readonly written: { readonly date: string; readonly time: string; readonly offset: string };
  /** A picture of the study: whom and what it is of. */
  readonly study: JsonDataSet;
  readonly marks: readonly ReportedMark[];
}

/** Comprehensive SR (PS3.4, B.5): every measurement with the coordinates on the picture that it is inferred from. */
export const REPORT_SOP_CLASS = '1.2.840.10008.5.1.4.1.1.88.33';
const LANGUAGES = { zh: { value: 'zh-CN', scheme: 'RFC5646', meaning: 'Chinese (China)' }, en: { value: 'en-US', scheme: 'RFC5646', meaning: 'English (United States)' } } as const;
const TITLES: Bilingual = { zh: '影像测量报告', en: 'Imaging measurements' };
/** Of the study and the patient, as the pictures have it; what they lack is empty. */
const COPIED = { '00080020': 'DA', '00080030': 'TM', '00080050': 'SH', '00080090': 'PN', '00081030': 'LO', '00100010': 'PN', '00100020': 'LO', '00100030': 'DA', '00100040': 'CS', '0020000D': 'UI', '00200010': 'SH' } as const;

/** A person's name as DICOM writes it (PS3.5, 6.2.1): in letters, and in Chinese. */
const dicomName = ({ zh, en }: Bilingual): string => [en, zh].map((part) => part.replace(/[\\^=]/g, ' ').trim()).join('=');

/**
 * Measurements as a DICOM structured report by PS3.16's TID 1500, without its file's own meta information.
 * @throws AppError `input.malformed` when a mark's points are not those of its tool
 */
export function measurementReport({ seriesUid, language, observer, written, study, marks }: ReportOptions): WrittenDataSet {
  const pictures = [...new Map(marks.map(({ on }) => [`${on.sopUid} ${on.frame}`, on])).values()];
  const content = container(null, C.title, [
    coded('HAS CONCEPT MOD', C.language, LANGUAGES[language]),
    coded('HAS OBS CONTEXT', C.observerType, C.person),
    personName('HAS OBS CONTEXT', C.observerName, dicomName(observer.name)),
    text('HAS OBS CONTEXT', C.observerOrganisation, observer.organisationName[language]),
    coded('HAS CONCEPT MOD', C.procedure, C.imagingProcedure),
    container('CONTAINS', C.library, [container('CONTAINS', C.libraryGroup, pictures.map((one) => picture('CONTAINS', one)))]),
    container('CONTAINS', C.measurements, marks.map((one) => group(one, observer, language))),
  ], '1500');
  return {
    ...Object.fromEntries(Object.entries(COPIED).map(([tag, vr]) => [tag, copied(study, tag, vr)])),
    '00080012': element('DA', written.date), '00080013': element('TM', written.time),
    '00080023': element('DA', written.date), '00080033': element('TM', written.time), '00080201': element('SH', written.offset),
    '00080060': element('CS', 'SR'), '00080070': element('LO', 'Huizhen'), '0008103E': element('LO', TITLES[language]), '00081111': sequence(),
    '0020000E': element('UI', seriesUid), '00200011': element('IS', '1'), '00200013': element('IS', '1'),
    ...content,
    '0040A375': evidence(study, marks),
    '0040A372': sequence(),
    '0040A491': element('CS', 'COMPLETE'), '0040A493': element('CS', 'UNVERIFIED'),
    '0040A078': sequence({ '0040A084': element('CS', 'PSN'), '0040A123': element('PN', dicomName(observer.name)), '00080080': element('LO', observer.organisationName[language]), '00401101': codeSequence({ value: observer.id.slice(0, 16), scheme: '99HUIZHEN', meaning: observer.name.en.slice(0, 64) || observer.id }) }),
  };
}

function group({ mark, points, measured, on }: ReportedMark, observer: Party, language: 'zh' | 'en'): WrittenDataSet {
  const graphics = graphicsOf(mark.tool, points);
  const [first] = graphics ?? [];
  const trackingUid = uidOfMark(mark.id);
  if (first === undefined || graphics === null || trackingUid === null) throw new AppError('input.malformed', 'a mark has not the points of its tool');
  const inferred = (graphic: Graphic) => place('INFERRED FROM', null, graphic.type, graphic.points.flat(), picture('SELECTED FROM', on));
  const says = [mark.text === '↗' ? '' : mark.text, mark.authorId === observer.id ? '' : `${language === 'zh' ? '标注者：' : 'Drawn by '}${mark.authorName}`].filter((part) => part.trim() !== '');
  return container('CONTAINS', C.group, [
    text('HAS OBS CONTEXT', C.trackingId, trackingOf(mark.tool)),
    uid('HAS OBS CONTEXT', C.trackingUid, trackingUid),
    ...(mark.text.trim() === '' || mark.text === '↗' ? [] : [coded('CONTAINS', C.finding, { value: 'CORNERSTONEFREETEXT', scheme: 'CORNERSTONEJS', meaning: mark.text.slice(0, 64) })]),
    ...(measured.length === 0 ? [place('CONTAINS', C.region, first.type, first.points.flat(), picture('SELECTED FROM', on))] : []),
    ...measured.map((one) => number(conceptOf(mark.tool, one), one.value, unitCode(one.unit), [inferred(one.name === 'width' ? (graphics[1] ?? first) : first)])),
    ...(says.length === 0 ? [] : [text('CONTAINS', C.comment, says.join('\n'))]),
  ], '1501');
}

/** Every picture that is referred to, by study and series (PS3.3, C.17.2). */
function evidence(study: JsonDataSet, marks: readonly ReportedMark[]): ReturnType<typeof sequence> {
  const series = new Map<string, Map<string, ReferencedPicture>>();
  for (const { mark, on } of marks) series.set(mark.seriesUid, (series.get(mark.seriesUid) ?? new Map<string, ReferencedPicture>()).set(on.sopUid, on));
  return sequence({
    '00081115': sequence(...[...series].map(([seriesUid, pictures]) => ({
      '00081199': sequence(...[...pictures.values()].map(({ sopClassUid, sopUid }) => ({ '00081150': element('UI', sopClassUid), '00081155': element('UI', sopUid) }))),
      '0020000E': element('UI', seriesUid),
    }))),
    '0020000D': copied(study, '0020000D', 'UI'),
  });
}

/** An element of the pictures, names of persons as text. */
function copied(study: JsonDataSet, tag: string, vr: string): ReturnType<typeof element> {
  const values = study[tag]?.Value ?? [];
  if (vr !== 'PN') return element(vr, ...values);
  return element(vr, ...values.map((value) => (typeof value === 'object' && value !== null ? ['Alphabetic', 'Ideographic', 'Phonetic'].map((part) => Object.entries(value).find(([name]) => name === part)?.[1] ?? '').join('=').replace(/=+$/, '') : value)));
}
