import type { Code } from '#shared/domain/imaging/report';
import type { WrittenDataSet, WrittenElement } from '../dicom/write.ts';

/** How a content item hangs on the one above it (PS3.3, C.17.3.2.4). */
export type Relationship = 'CONTAINS' | 'HAS OBS CONTEXT' | 'HAS CONCEPT MOD' | 'INFERRED FROM' | 'SELECTED FROM';

/** A picture that is referred to; `frame` null: it has one only. */
export interface ReferencedPicture {
  readonly sopClassUid: string;
  readonly sopUid: string;
  readonly frame: number | null;
}

export const element = (vr: string, ...values: readonly unknown[]): WrittenElement => ({ vr, Value: values });
export const sequence = (...items: readonly WrittenDataSet[]): WrittenElement => ({ vr: 'SQ', Value: items });

export const codeSequence = ({ value, scheme, meaning }: Code): WrittenElement => sequence({ '00080100': element('SH', value), '00080102': element('SH', scheme), '00080104': element('LO', meaning) });

function item(relationship: Relationship | null, valueType: string, concept: Code | null, value: WrittenDataSet, children: readonly WrittenDataSet[] = []): WrittenDataSet {
  return {
    ...(relationship === null ? {} : { '0040A010': element('CS', relationship) }),
    '0040A040': element('CS', valueType),
    ...(concept === null ? {} : { '0040A043': codeSequence(concept) }),
    ...value,
    ...(children.length === 0 ? {} : { '0040A730': sequence(...children) }),
  };
}

/** Content items of a structured report (PS3.3, C.17.3), each by its value. */
export const container = (relationship: Relationship | null, concept: Code, children: readonly WrittenDataSet[], template: string | null = null): WrittenDataSet =>
  item(relationship, 'CONTAINER', concept, { '0040A050': element('CS', 'SEPARATE'), ...(template === null ? {} : { '0040A504': sequence({ '00080105': element('CS', 'DCMR'), '0040DB00': element('CS', template) }) }) }, children);
export const coded = (relationship: Relationship, concept: Code, value: Code): WrittenDataSet => item(relationship, 'CODE', concept, { '0040A168': codeSequence(value) });
export const text = (relationship: Relationship, concept: Code, value: string): WrittenDataSet => item(relationship, 'TEXT', concept, { '0040A160': element('UT', value) });
export const uid = (relationship: Relationship, concept: Code, value: string): WrittenDataSet => item(relationship, 'UIDREF', concept, { '0040A124': element('UI', value) });
export const personName = (relationship: Relationship, concept: Code, name: string): WrittenDataSet => item(relationship, 'PNAME', concept, { '0040A123': element('PN', name) });
export const number = (concept: Code, value: number, unit: Code, children: readonly WrittenDataSet[]): WrittenDataSet =>
  item('CONTAINS', 'NUM', concept, { '0040A300': sequence({ '004008EA': codeSequence(unit), '0040A30A': element('DS', decimal(value)) }) }, children);
export const place = (relationship: Relationship, concept: Code | null, type: string, coordinates: readonly number[], of: WrittenDataSet): WrittenDataSet =>
  item(relationship, 'SCOORD', concept, { '00700022': element('FL', ...coordinates), '00700023': element('CS', type) }, [of]);
export const picture = (relationship: Relationship, { sopClassUid, sopUid, frame }: ReferencedPicture): WrittenDataSet =>
  item(relationship, 'IMAGE', null, { '00081199': sequence({ '00081150': element('UI', sopClassUid), '00081155': element('UI', sopUid), ...(frame === null ? {} : { '00081160': element('IS', String(frame)) }) }) });

/** A decimal string has sixteen characters at most (PS3.5, 6.2). */
function decimal(value: number): string {
  const whole = String(value);
  return whole.length <= 16 ? whole : String(Number(value.toPrecision(9)));
}
