/** A package without types of its own, as far as it is used here. */
declare module 'dicom-character-set' {
  /** Text of a value in a Specific Character Set (0008,0005); throws where it knows no such set. */
  export function convertBytes(specificCharacterSet: string | undefined, bytes: Uint8Array, options?: { readonly vr?: string }): string;
}
