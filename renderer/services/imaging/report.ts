import { MARK_TOOLS, type MarkTool } from '#shared/domain/imaging/marks';
import { CONCEPTS, type Graphic, type ImagePoint, markOfUid, pointsOf, toolOf } from '#shared/domain/imaging/report';
import { childrenOf, codeOf, conceptOf, isOfDevice, MAX_DEPTH, type ReportLine, spokenBy, typeOf } from './contentTree.ts';
import { type DataSet, items, number, numbers, text, timeOf } from './dicomJson.ts';

/** A measurement that can be drawn again: which tool, on which picture, and where on it. */
export interface DrawnMeasurement {
  /** Null: it was written under a UID that is no mark's of ours. */
  readonly id: string | null;
  readonly tool: MarkTool;
  readonly seriesUid: string;
  readonly sopUid: string;
  readonly frame: number;
  readonly points: readonly ImagePoint[];
  readonly text: string;
}

/** A structured report, by this program or another. */
export interface Report {
  readonly sopUid: string;
  readonly studyUid: string;
  readonly title: string;
  readonly writtenAtMs: number | null;
  readonly author: string;
  /** By a device or an algorithm: assistance, and no diagnosis [IMG50]. */
  readonly isAssistance: boolean;
  readonly lines: readonly ReportLine[];
  readonly drawn: readonly DrawnMeasurement[];
}

/** More is nobody's measurement report, and the list says nothing about the rest. */
const MAX_LINES = 1000;

const isA = (item: DataSet, { value }: { readonly value: string }) => conceptOf(item).value === value;

/** What a report says, from its metadata. Content that cannot be understood is left out of the lines; the rest of it stands. */
export function reportOf(set: DataSet): Report {
  const children = childrenOf(set);
  const [author] = items(set, '0040A078');
  const [verifier] = items(set, '0040A073');
  const observer = children.find((item) => isA(item, CONCEPTS.observerName));
  const lines: ReportLine[] = [];
  for (const item of children) addLines(lines, item, 0);
  const seriesBySop = referenced(set);
  return {
    sopUid: text(set, '00080018'), studyUid: text(set, '0020000D'),
    title: conceptOf(set).meaning || text(set, '0008103E'),
    writtenAtMs: timeOf(text(set, '00080023'), text(set, '00080033')),
    author: (observer && text(observer, '0040A123')) || (author && text(author, '0040A123')) || (verifier && text(verifier, '0040A075')) || text(set, '00081050'),
    isAssistance: isOfDevice(set),
    lines: lines.slice(0, MAX_LINES),
    drawn: groupsIn(children, 0).flatMap((group) => drawnOf(group, seriesBySop)),
  };
}

/** Said above the lines already, or of the form and not of the findings. */
const NOT_READ = [CONCEPTS.library, CONCEPTS.language, CONCEPTS.observerType, CONCEPTS.observerName] as const;

function addLines(lines: ReportLine[], item: DataSet, depth: number): void {
  if (lines.length >= MAX_LINES || depth > MAX_DEPTH || NOT_READ.some((concept) => isA(item, concept))) return;
  const name = conceptOf(item).meaning;
  const value = isA(item, CONCEPTS.trackingId) ? '' : spokenBy(item);
  const isHeading = typeOf(item) === 'CONTAINER';
  if (value !== '' || isHeading) lines.push({ depth, name, value });
  for (const child of childrenOf(item)) addLines(lines, child, value !== '' || isHeading ? depth + 1 : depth);
}

function groupsIn(children: readonly DataSet[], depth: number): DataSet[] {
  if (depth > MAX_DEPTH) return [];
  return children.flatMap((item) => (isA(item, CONCEPTS.group) ? [item] : groupsIn(childrenOf(item), depth + 1)));
}

/** Series by SOP instance, as the evidence of the report names them. */
function referenced(set: DataSet): ReadonlyMap<string, string> {
  const pairs = ['0040A375', '0040A385'].flatMap((tag) => items(set, tag)).flatMap((study) => items(study, '00081115')).flatMap((series) => items(series, '00081199').map((sop) => [text(sop, '00081155'), text(series, '0020000E')] as const));
  return new Map(pairs);
}

function drawnOf(group: DataSet, seriesBySop: ReadonlyMap<string, string>): DrawnMeasurement[] {
  const children = childrenOf(group);
  const tracking = children.find((item) => isA(item, CONCEPTS.trackingId));
  const tool = tracking ? toolOf(text(tracking, '0040A160')) : null;
  if (tool === null || !MARK_TOOLS.includes(tool)) return [];
  const places = [...children.filter((item) => typeOf(item) === 'SCOORD'), ...children.filter((item) => typeOf(item) === 'NUM').flatMap(childrenOf).filter((item) => typeOf(item) === 'SCOORD')];
  const graphics = distinct(places.map(graphicOf));
  const points = pointsOf(tool, graphics);
  const [on] = places.flatMap(childrenOf).filter((item) => typeOf(item) === 'IMAGE').flatMap((item) => items(item, '00081199'));
  const sopUid = on ? text(on, '00081155') : '';
  const seriesUid = seriesBySop.get(sopUid);
  if (points === null || on === undefined || seriesUid === undefined) return [];
  const trackingUid = children.find((item) => isA(item, CONCEPTS.trackingUid));
  const finding = children.find((item) => isA(item, CONCEPTS.finding));
  return [{ id: trackingUid ? markOfUid(text(trackingUid, '0040A124')) : null, tool, seriesUid, sopUid, frame: number(on, '00081160') ?? 1, points, text: finding ? codeOf(finding, '0040A168').meaning : tool === 'arrow' ? '↗' : '' }];
}

function graphicOf(item: DataSet): Graphic {
  const flat = numbers(item, '00700022');
  const type = text(item, '00700023');
  return { type: type === 'POINT' || type === 'ELLIPSE' ? type : 'POLYLINE', points: Array.from({ length: Math.floor(flat.length / 2) }, (_, at): ImagePoint => [flat[2 * at] ?? 0, flat[2 * at + 1] ?? 0]) };
}

/** Each measured value has its own copy of the place it is inferred from. */
const distinct = (graphics: readonly Graphic[]): Graphic[] => [...new Map(graphics.map((graphic) => [JSON.stringify(graphic.points), graphic])).values()];
