import { z } from 'zod';

/** A data set in the DICOM JSON model (PS3.18 Annex F): by tag, eight hexadecimal digits. */
export const dataSetSchema = z.record(z.string(), z.object({ vr: z.string().optional(), Value: z.array(z.unknown()).optional(), BulkDataURI: z.string().optional(), InlineBinary: z.string().optional() }));
export type DataSet = z.infer<typeof dataSetSchema>;
export const dataSetsSchema = z.array(dataSetSchema);

/** The first value as text; empty where there is none. Names of persons: their ideographic form when there is one. */
export function text(set: DataSet, tag: string): string {
  const value = set[tag]?.Value?.[0];
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  const name = z.object({ Alphabetic: z.string().optional(), Ideographic: z.string().optional() }).safeParse(value);
  return name.success ? (name.data.Ideographic ?? name.data.Alphabetic ?? '').replaceAll('^', ' ').trim() : '';
}

/** All values as numbers, also those that are texts of numbers; none where one of them is empty or something else: a place with a hole in it is no place. */
export function numbers(set: DataSet, tag: string): number[] {
  const values = (set[tag]?.Value ?? []).map((value) => (typeof value === 'number' || (typeof value === 'string' && value.trim() !== '') ? Number(value) : Number.NaN));
  return values.every(Number.isFinite) ? values : [];
}

/** The first number; null where there is none. */
export function number(set: DataSet, tag: string): number | null {
  return numbers(set, tag)[0] ?? null;
}

/** The items of a sequence. */
export function items(set: DataSet, tag: string): DataSet[] {
  return (set[tag]?.Value ?? []).flatMap((value) => {
    const parsed = dataSetSchema.safeParse(value);
    return parsed.success ? [parsed.data] : [];
  });
}

/** One item of a sequence, from 0, without reading the others: functional groups have one for each of thousands of frames. Null: there is none. */
export function itemAt(set: DataSet, tag: string, index: number): DataSet | null {
  return dataSetSchema.safeParse(set[tag]?.Value?.[index]).data ?? null;
}

/** A DICOM date and time (DA, TM) as milliseconds since the Unix epoch in the reader's zone; null: none, or no date. */
export function timeOf(date: string, time: string): number | null {
  const day = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(date.trim());
  if (day === null) return null;
  const clock = /^(\d{2})(\d{2})?(\d{2})?/.exec(time.trim().replaceAll(':', ''));
  return new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3]), Number(clock?.[1] ?? 0), Number(clock?.[2] ?? 0), Number(clock?.[3] ?? 0)).getTime();
}
