/** Transfer syntaxes (PS3.5, PS3.6 table A-1) by what we call them. */
export const TRANSFER_SYNTAXES = {
  implicitLittle: '1.2.840.10008.1.2',
  explicitLittle: '1.2.840.10008.1.2.1',
  deflatedLittle: '1.2.840.10008.1.2.1.99',
  explicitBig: '1.2.840.10008.1.2.2',
  rle: '1.2.840.10008.1.2.5',
  jpegBaseline: '1.2.840.10008.1.2.4.50',
  jpegExtended: '1.2.840.10008.1.2.4.51',
  jpegLossless: '1.2.840.10008.1.2.4.57',
  jpegLosslessFirstOrder: '1.2.840.10008.1.2.4.70',
  jpegLsLossless: '1.2.840.10008.1.2.4.80',
  jpegLsNearLossless: '1.2.840.10008.1.2.4.81',
  jpeg2000Lossless: '1.2.840.10008.1.2.4.90',
  jpeg2000: '1.2.840.10008.1.2.4.91',
  htj2kLossless: '1.2.840.10008.1.2.4.201',
  htj2kLosslessRpcl: '1.2.840.10008.1.2.4.202',
  htj2k: '1.2.840.10008.1.2.4.203',
} as const;

export type TransferSyntaxName = keyof typeof TRANSFER_SYNTAXES;

const NAMES: ReadonlyMap<string, TransferSyntaxName> = new Map((Object.entries(TRANSFER_SYNTAXES) as [TransferSyntaxName, string][]).map(([name, uid]) => [uid, name])); // the table's own entries

/** The name of a transfer syntax; null: one that the store does not take in. */
export function transferSyntaxName(uid: string): TransferSyntaxName | null {
  return NAMES.get(uid) ?? null;
}

/** How the pixels of an instance are laid out (PS3.3 C.7.6.3). */
export interface PixelLayout {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  /** 1, 8, 16 or 32. */
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly isSigned: boolean;
  /** Float (7FE0,0008) or double pixel data. */
  readonly isFloat: boolean;
  /** As in the file: MONOCHROME2, RGB, YBR_FULL_422, PALETTE COLOR … */
  readonly photometric: string;
  /** 0: R1G1B1R2G2B2…; 1: R1R2…G1G2…B1B2…. */
  readonly planar: 0 | 1;
}

/**
 * [IMG8] Whether frames in that syntax and layout may go to the client as they are: those for which the sweep over the sample files
 * found the client's decoding equal to pydicom's. Everything else the server decodes before, or refuses.
 */
export function isServedAsIs(syntax: TransferSyntaxName, { samplesPerPixel, bitsAllocated, photometric, isFloat, planar }: PixelLayout): boolean {
  if (isFloat || (bitsAllocated !== 8 && bitsAllocated !== 16)) return false;
  const isGrey = samplesPerPixel === 1 && (photometric === 'MONOCHROME1' || photometric === 'MONOCHROME2');
  switch (syntax) {
    case 'implicitLittle':
    case 'explicitLittle':
      return samplesPerPixel === 1 || (samplesPerPixel === 3 && bitsAllocated === 8 && planar === 0 && photometric === 'RGB');
    case 'jpegBaseline':
      return isGrey && bitsAllocated === 8;
    case 'rle':
    case 'jpegLossless':
    case 'jpegLosslessFirstOrder':
    case 'jpegLsLossless':
    case 'jpeg2000Lossless':
    case 'jpeg2000':
    case 'htj2kLossless':
    case 'htj2kLosslessRpcl':
    case 'htj2k':
      return isGrey;
    default:
      return false;
  }
}

/** Whether pixels were changed for good when they were compressed; said on the picture. */
export function isLossySyntax(syntax: TransferSyntaxName): boolean {
  return syntax === 'jpegBaseline' || syntax === 'jpegExtended' || syntax === 'jpegLsNearLossless' || syntax === 'jpeg2000' || syntax === 'htj2k';
}
