import { metaData, utilities } from '@cornerstonejs/core';
import type { ImagePoint } from '#shared/domain/imaging/report';

type Point = readonly [number, number, number];

/** The plane of a picture: its normal, towards who looks, and what is up on it. */
export interface PictureSides {
  readonly normal: Point;
  readonly up: Point;
}

/** Where places of the patient are on a picture: column and row from its outer corner. */
export const toImage = (imageId: string, points: readonly Point[]): ImagePoint[] => points.map((point) => {
  const [column = 0, row = 0] = utilities.worldToImageCoords(imageId, [...point]) ?? [];
  return [round(column, 3), round(row, 3)];
});

/** Where places on a picture are in the patient. */
export const toPatient = (imageId: string, points: readonly ImagePoint[]): Point[] => points.map((point) => {
  const [x = 0, y = 0, z = 0] = utilities.imageToWorldCoords(imageId, [...point]) ?? [];
  return [round(x, 4), round(y, 4), round(z, 4)];
});

export function sidesOf(imageId: string): PictureSides | null {
  const plane: { readonly rowCosines?: Point; readonly columnCosines?: Point } | undefined = metaData.get('imagePlaneModule', imageId);
  const [row, column] = [plane?.rowCosines, plane?.columnCosines];
  if (!row || !column) return null;
  const across: Point = [row[1] * column[2] - row[2] * column[1], row[2] * column[0] - row[0] * column[2], row[0] * column[1] - row[1] * column[0]];
  return { normal: negative(across), up: negative(column) };
}

const negative = ([x, y, z]: Point): Point => [-x + 0, -y + 0, -z + 0];
const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;
