import type { MarkTool, Measured } from './marks.ts';

/** A coded concept (PS3.3, 8): value, scheme and meaning. */
export interface Code {
  readonly value: string;
  readonly scheme: string;
  readonly meaning: string;
}
const code = (value: string, scheme: string, meaning: string): Code => ({ value, scheme, meaning });

/** Concepts of a measurement report (PS3.16, TID 1500 and what it includes). */
export const CONCEPTS = {
  title: code('126000', 'DCM', 'Imaging Measurement Report'),
  language: code('121049', 'DCM', 'Language of Content Item and Descendants'),
  observerType: code('121005', 'DCM', 'Observer Type'),
  person: code('121006', 'DCM', 'Person'),
  observerName: code('121008', 'DCM', 'Person Observer Name'),
  observerOrganisation: code('121009', 'DCM', "Person Observer's Organization Name"),
  procedure: code('121058', 'DCM', 'Procedure reported'),
  imagingProcedure: code('363679005', 'SCT', 'Imaging procedure'),
  library: code('111028', 'DCM', 'Image Library'),
  libraryGroup: code('126200', 'DCM', 'Image Library Group'),
  measurements: code('126010', 'DCM', 'Imaging Measurements'),
  group: code('125007', 'DCM', 'Measurement Group'),
  trackingId: code('112039', 'DCM', 'Tracking Identifier'),
  trackingUid: code('112040', 'DCM', 'Tracking Unique Identifier'),
  finding: code('121071', 'DCM', 'Finding'),
  comment: code('121106', 'DCM', 'Comment'),
  region: code('111030', 'DCM', 'Image Region'),
} as const;

/** What a mark measures, as a concept. Of a bidirectional measurement `length` is the long axis. */
export function conceptOf(tool: MarkTool, { name, unit }: Pick<Measured, 'name' | 'unit'>): Code {
  switch (name) {
    case 'length':
      return tool === 'bidirectional' ? code('103339001', 'SCT', 'Long Axis') : code('410668003', 'SCT', 'Length');
    case 'width':
      return code('103340004', 'SCT', 'Short Axis');
    case 'area':
      return code('42798000', 'SCT', 'Area');
    case 'mean':
      return code('373098007', 'SCT', 'Mean');
    case 'min':
      return code('255605001', 'SCT', 'Minimum');
    case 'max':
      return code('56851009', 'SCT', 'Maximum');
    case 'stdDev':
      return code('386136009', 'SCT', 'Standard Deviation');
    case 'angle':
      return tool === 'cobb' ? code('285285000', 'SCT', 'Cobb angle') : code('1483009', 'SCT', 'Angle');
    case 'value':
      return unit === 'HU' ? code('112031', 'DCM', 'Attenuation Coefficient') : code('pixel-value', '99HUIZHEN', 'Pixel value');
  }
}

const UNITS: Readonly<Record<string, Code>> = {
  mm: code('mm', 'UCUM', 'millimeter'), 'mm²': code('mm2', 'UCUM', 'square millimeter'), cm: code('cm', 'UCUM', 'centimeter'), 'cm²': code('cm2', 'UCUM', 'square centimeter'), '°': code('deg', 'UCUM', 'degree'), HU: code("[hnsf'U]", 'UCUM', 'Hounsfield unit'),
  px: code('{pixels}', 'UCUM', 'pixels'), 'px²': code('{pixels}2', 'UCUM', 'square pixels'), '': code('1', 'UCUM', 'no units'),
};

/** The unit as this program writes it; what has no code of its own stands in braces, as UCUM has it for what is no unit. */
export function unitCode(unit: string): Code {
  return UNITS[unit] ?? code(`{${unit.replace(/[^\x21-\x7a]/g, '_').slice(0, 14)}}`, 'UCUM', unit.slice(0, 64));
}

/** The unit of a code as this program writes it, also of other programs' codes. */
export function unitOf({ value, meaning }: Pick<Code, 'value' | 'meaning'>): string {
  return Object.entries(UNITS).find(([, known]) => known.value === value)?.[0] ?? (value.startsWith('{') ? meaning : value);
}

/** How tools that draw with Cornerstone name what they drew; other programs open by it. */
const TRACKING = 'Cornerstone3DTools@^0.1.0:';
const TOOL_NAMES: Readonly<Record<MarkTool, string>> = { length: 'Length', bidirectional: 'Bidirectional', angle: 'Angle', cobb: 'CobbAngle', ellipse: 'EllipticalROI', rectangle: 'RectangleROI', probe: 'Probe', arrow: 'ArrowAnnotate' };

export const trackingOf = (tool: MarkTool): string => `${TRACKING}${TOOL_NAMES[tool]}`;

/** The tool of a tracking identifier; null: another program's own. */
export function toolOf(tracking: string): MarkTool | null {
  const name = /^Cornerstone3DTools@[^:]*:(\w+)$/.exec(tracking)?.[1];
  const found = Object.entries(TOOL_NAMES).find(([, known]) => known === name);
  return found === undefined ? null : (found[0] as MarkTool); // the table's own key
}

const UUID = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/;

/** A mark's id as a UID: a UUID's under the root that is there for them (PS3.5, B.2); null: the id is no UUID. */
export function uidOfMark(id: string): string | null {
  return UUID.test(id) ? `2.25.${BigInt(`0x${id.replaceAll('-', '')}`)}` : null;
}

/** The id of a mark that was written under that UID; null: it is no UUID's. */
export function markOfUid(uid: string): string | null {
  const number = /^2\.25\.(\d{1,39})$/.exec(uid)?.[1];
  if (number === undefined) return null;
  const hex = BigInt(number).toString(16).padStart(32, '0');
  return hex.length > 32 ? null : hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A place on a picture: column and row, pixels from the outer corner of the first one (PS3.3, C.18.6.1.1). */
export type ImagePoint = readonly [number, number];

export interface Graphic {
  readonly type: 'POINT' | 'POLYLINE' | 'ELLIPSE';
  readonly points: readonly ImagePoint[];
}

const apart = (a: ImagePoint, b: ImagePoint): number => Math.hypot(a[0] - b[0], a[1] - b[1]);

/**
 * A mark's points as graphics of the standard; null: they are not those of the tool. A bidirectional one has two, the long axis first; an
 * ellipse gives its major axis first.
 */
export function graphicsOf(tool: MarkTool, points: readonly ImagePoint[]): readonly Graphic[] | null {
  const [a, b, c, d] = points;
  if (a === undefined) return null;
  if (tool === 'probe') return [{ type: 'POINT', points: [a] }];
  if (b === undefined) return null;
  if (tool === 'length' || tool === 'arrow') return [{ type: 'POLYLINE', points: [a, b] }];
  if (c === undefined) return null;
  if (tool === 'angle') return [{ type: 'POLYLINE', points: [a, b, c] }];
  if (d === undefined) return null;
  if (tool === 'cobb') return [{ type: 'POLYLINE', points: [a, b, c, d] }];
  if (tool === 'rectangle') return [{ type: 'POLYLINE', points: [a, b, d, c, a] }];
  if (tool === 'bidirectional') return [{ type: 'POLYLINE', points: [a, b] }, { type: 'POLYLINE', points: [c, d] }];
  return [{ type: 'ELLIPSE', points: apart(a, b) >= apart(c, d) ? [a, b, c, d] : [c, d, a, b] }];
}

/** The points of a mark from the graphics that `graphicsOf` made of them, or another program did; null: they do not fit the tool. */
export function pointsOf(tool: MarkTool, graphics: readonly Graphic[]): readonly ImagePoint[] | null {
  const [first, second] = graphics;
  if (first === undefined) return null;
  const [a, b, c, d] = first.points;
  if (tool === 'bidirectional') return second === undefined || first.points.length < 2 || second.points.length < 2 ? null : [...first.points.slice(0, 2), ...second.points.slice(0, 2)];
  const wanted = { length: 2, angle: 3, cobb: 4, ellipse: 4, rectangle: 4, probe: 1, arrow: 2 }[tool];
  if (first.points.length < wanted) return null;
  if (tool === 'rectangle' && a && b && c && d) return [a, b, d, c];
  if (tool === 'ellipse' && a && b && c && d) return ellipseHandles([a, b], [c, d]);
  return first.points.slice(0, wanted);
}

type Axis = readonly [ImagePoint, ImagePoint];

/** The drawing tool has its handles as bottom, top, left, right. */
function ellipseHandles(one: Axis, other: Axis): ImagePoint[] {
  const rise = ([from, to]: Axis): number => Math.abs(from[1] - to[1]);
  const [upright, level] = rise(one) >= rise(other) ? [one, other] : [other, one];
  return [...[...upright].sort((a, b) => b[1] - a[1]), ...[...level].sort((a, b) => a[0] - b[0])];
}
