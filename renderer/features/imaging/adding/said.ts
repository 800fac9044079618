/** A DICOM name as people write it: its ideographic form where it has one. */
export function saidName(name: string): string {
  const forms = name.split('=').map((form) => form.replaceAll('^', ' ').replaceAll(/\s+/g, ' ').trim());
  return [...new Set([forms[1] ?? '', forms[0] ?? ''])].filter((form) => form !== '').join(' · ');
}

/** YYYY-MM-DD of YYYYMMDD; anything else as it is. */
export function saidDate(date: string): string {
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(date);
  return parts === null ? date : `${parts[1]}-${parts[2]}-${parts[3]}`;
}
