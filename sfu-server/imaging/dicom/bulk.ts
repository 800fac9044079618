import { AppError } from '#shared/protocol/errors';
import type { DataSet } from 'dicom-parser';
import { swapped } from './json.ts';
import type { ParsedFile } from './parse.ts';
import { joined } from './pixels.ts';

/** The bytes of an element, little endian. @param place tags and item numbers in turn, from the outside. @throws AppError `record.notFound` */
export function readBulk({ dataSet, bytes, isBigEndian }: ParsedFile, place: readonly string[]): Uint8Array {
  const missing = () => new AppError('record.notFound', 'the instance has no such element');
  let within: DataSet | undefined = dataSet;
  for (let at = 0; at + 2 < place.length; at += 2) within = within?.elements[`x${place[at]?.toLowerCase()}`]?.items?.[Number(place[at + 1]) - 1]?.dataSet;
  const element = within?.elements[`x${place.at(-1)?.toLowerCase()}`];
  if (element === undefined) throw missing();
  if (element.fragments !== undefined) return joined(bytes, element.fragments.map(({ position, length }) => [position, length] as const));
  const value = bytes.subarray(element.dataOffset, element.dataOffset + element.length);
  return isBigEndian ? swapped(value, element.vr ?? 'UN') : Uint8Array.from(value);
}
