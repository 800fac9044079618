import dcmjs from 'dcmjs';
import { TRANSFER_SYNTAXES } from '#shared/domain/imaging/transferSyntaxes';

/** This program as the writer of files (PS3.7, D.3.3.2); under the root for UUIDs, because it has no other. */
const IMPLEMENTATION_UID = '2.25.296470229118370253014637151409254385671';

/** An element to write; text is UTF-8, binary values are ArrayBuffers. */
export interface WrittenElement {
  readonly vr: string;
  readonly Value: readonly unknown[];
}
export type WrittenDataSet = Readonly<Record<string, WrittenElement>>;

/** A DICOM Part 10 file in Explicit VR Little Endian of a data set without its file meta information. */
export function writeFile(dataSet: WrittenDataSet, sopClassUid: string, sopUid: string): Uint8Array {
  const text = (value: string) => ({ vr: 'UI', Value: [value] });
  const file = new dcmjs.data.DicomDict({
    '00020001': { vr: 'OB', Value: [Uint8Array.from([0, 1]).buffer] },
    '00020002': text(sopClassUid),
    '00020003': text(sopUid),
    '00020010': text(TRANSFER_SYNTAXES.explicitLittle),
    '00020012': text(IMPLEMENTATION_UID),
    '00020013': { vr: 'SH', Value: ['HUIZHEN'] },
  });
  // The package changes what it writes.
  file.dict = structuredClone({ '00080005': { vr: 'CS', Value: ['ISO_IR 192'] }, ...dataSet, '00080016': text(sopClassUid), '00080018': text(sopUid) }) as typeof file.dict;
  return new Uint8Array(file.write({ fragmentMultiframe: false }));
}
