import { z } from 'zod';

/** A DICOM unique identifier (PS3.5 §9). */
export const uidSchema = z.string().regex(/^[0-9.]{1,64}$/);

/** How a cell cuts the series: the pictures as they were taken, or a plane through their volume. */
export const planeSchema = z.enum(['stack', 'axial', 'coronal', 'sagittal']);
export type Plane = z.infer<typeof planeSchema>;

/** Window in stored units after the modality's rescale (HU for CT); width above zero. */
export const windowSchema = z.object({ center: z.number().min(-1e6).max(1e6), width: z.number().gt(0).max(2e6) });
export type VoiWindow = z.infer<typeof windowSchema>;

const finite = z.number().min(-1e6).max(1e6);

/**
 * What one cell shows, without anything of the screen it is on. `sopUid` and `frame` (from 1) name the picture of a stack; on a plane
 * `planeMm` is the place along its normal in patient coordinates. `zoom` 1 fits the whole picture; `panMm` is how far the picture is
 * moved right and down. `window` null: as the file says. `cine`: frames a second; the phase is `frame`.
 */
export const cellSchema = z.object({
  studyUid: uidSchema,
  seriesUid: uidSchema,
  plane: planeSchema,
  sopUid: uidSchema,
  frame: z.number().int().min(1).max(100_000),
  planeMm: finite.nullable(),
  window: windowSchema.nullable(),
  zoom: z.number().min(0.05).max(60),
  panMm: z.tuple([finite, finite]),
  rotationDeg: z.number().min(0).max(360),
  isFlippedAcross: z.boolean(),
  isFlippedDown: z.boolean(),
  isInverted: z.boolean(),
  cine: z.object({ isPlaying: z.boolean(), framesPerSecond: z.number().min(0.5).max(240) }),
});
export type CellView = z.infer<typeof cellSchema>;

export const MAX_SIDE = 3;
export const MAX_CELLS = MAX_SIDE * MAX_SIDE;
export const layoutSchema = z.object({ rows: z.number().int().min(1).max(MAX_SIDE), columns: z.number().int().min(1).max(MAX_SIDE) });
export type ImagingLayout = z.infer<typeof layoutSchema>;

/** Where the presenter points: a cell, and a place in patient coordinates, mm. Presence only; never kept. */
export const pointerSchema = z.object({ cell: z.number().int().min(0).max(MAX_CELLS - 1), world: z.tuple([finite, finite, finite]) });
export type ImagingPointer = z.infer<typeof pointerSchema>;

/** All that a follower needs to see what the presenter sees. About 1 KB with one cell; never pixels. */
export const presentationSchema = z.object({
  layout: layoutSchema,
  active: z.number().int().min(0).max(MAX_CELLS - 1),
  cells: z.array(cellSchema.nullable()).max(MAX_CELLS),
  pointer: pointerSchema.nullable(),
});
export type Presentation = z.infer<typeof presentationSchema>;

/** What changed. A cell that was empty, or whose series is another, comes whole; of others only the fields that differ. */
export const deltaSchema = z.object({
  layout: layoutSchema.optional(),
  active: presentationSchema.shape.active.optional(),
  cells: z.array(z.object({ index: pointerSchema.shape.cell, cell: cellSchema.partial().nullable() })).max(MAX_CELLS).optional(),
  pointer: pointerSchema.nullable().optional(),
});
export type PresentationDelta = z.infer<typeof deltaSchema>;

export const NOTHING_SHOWN: Presentation = { layout: { rows: 1, columns: 1 }, active: 0, cells: [], pointer: null };

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function changedFields(before: CellView, after: CellView): Partial<CellView> {
  const entries = Object.entries(after).filter(([field, value]) => !isSame(value, before[field as keyof CellView])); // the fields of a CellView
  return Object.fromEntries(entries) as Partial<CellView>; // some of its own fields
}

/** The smallest delta from one state to the other; null: they are the same. */
export function deltaOf(before: Presentation, after: Presentation): PresentationDelta | null {
  const cells: NonNullable<PresentationDelta['cells']> = [];
  for (let index = 0; index < MAX_CELLS; index += 1) {
    const [old, now] = [before.cells[index] ?? null, after.cells[index] ?? null];
    if (isSame(old, now)) continue;
    cells.push({ index, cell: now === null || old === null || old.seriesUid !== now.seriesUid ? now : changedFields(old, now) });
  }
  const delta: PresentationDelta = {
    ...(isSame(before.layout, after.layout) ? {} : { layout: after.layout }),
    ...(before.active === after.active ? {} : { active: after.active }),
    ...(cells.length === 0 ? {} : { cells }),
    ...(isSame(before.pointer, after.pointer) ? {} : { pointer: after.pointer }),
  };
  return Object.keys(delta).length === 0 ? null : delta;
}

/** The state after the delta; null: the delta does not fit this state, and the whole has to be asked for. */
export function applyDelta(state: Presentation, delta: PresentationDelta): Presentation | null {
  const cells = [...state.cells];
  for (const { index, cell } of delta.cells ?? []) {
    while (cells.length <= index) cells.push(null);
    if (cell === null) {
      cells[index] = null;
      continue;
    }
    const merged = cellSchema.safeParse({ ...cells[index], ...cell });
    if (!merged.success) return null;
    cells[index] = merged.data;
  }
  while (cells.length > 0 && cells.at(-1) === null) cells.pop();
  return { layout: delta.layout ?? state.layout, active: delta.active ?? state.active, cells, pointer: delta.pointer === undefined ? state.pointer : delta.pointer };
}
