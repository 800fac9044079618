import { z } from 'zod';
import { uidSchema } from './presentation.ts';

/** The tools that leave a mark, in the order of the palette. */
export const MARK_TOOLS = ['length', 'bidirectional', 'angle', 'cobb', 'ellipse', 'rectangle', 'probe', 'arrow'] as const;
export type MarkTool = (typeof MARK_TOOLS)[number];
/** Tools that change how a picture is looked at. */
export const VIEW_TOOLS = ['window', 'zoom', 'pan', 'scroll', 'magnify', 'crosshair'] as const;
export type ViewTool = (typeof VIEW_TOOLS)[number];
export type ToolName = MarkTool | ViewTool;
export const isMarkTool = (tool: ToolName): tool is MarkTool => (MARK_TOOLS as readonly string[]).includes(tool);

const point = z.tuple([z.number(), z.number(), z.number()]);

/**
 * A mark or measurement as it is shared and kept: where it is in patient coordinates (mm) and on which picture, never what was computed
 * of it, which every screen computes from the pixels it has.
 */
export const markSchema = z.object({
  id: z.string().regex(/^[A-Za-z0-9-]{8,64}$/),
  tool: z.enum(MARK_TOOLS),
  studyUid: uidSchema,
  seriesUid: uidSchema,
  sopUid: uidSchema,
  frame: z.number().int().min(1),
  frameOfReferenceUid: z.string().max(64),
  points: z.array(point).min(1).max(16),
  normal: point.nullable(),
  up: point.nullable(),
  text: z.string().max(200),
  authorId: z.string().max(64),
  authorName: z.string().max(120),
  /** Only its author may change a locked one. */
  isLocked: z.boolean(),
});
export type Mark = z.infer<typeof markSchema>;

/** Who stands as the author of a mark that was drawn from a report: no person of this program, and a device's told apart [IMG50]. */
export const reportAuthor = (author: string, isAssistance: boolean): string => `${isAssistance ? 'assistance' : 'report'} ${author}`.slice(0, 64);
export const isOfReport = ({ authorId }: Pick<Mark, 'authorId'>): boolean => /^(report|assistance) /.test(authorId);
/** Drawn by a device or an algorithm: assistance, and no diagnosis. */
export const isOfDevice = ({ authorId }: Pick<Mark, 'authorId'>): boolean => authorId.startsWith('assistance ');

/** The name under which the marks of a case stand in their Yjs document: a map by id. */
export const MARKS_FIELD = 'marks';

export const MEASURED_NAMES = ['length', 'width', 'area', 'mean', 'min', 'max', 'stdDev', 'angle', 'value'] as const;

/** What a screen computed of a mark: a line for each value, for lists and reports. */
export interface Measured {
  readonly name: (typeof MEASURED_NAMES)[number];
  readonly value: number;
  readonly unit: string;
}
