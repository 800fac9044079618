import writeXlsxFile from 'write-excel-file/browser';
import type { ExportSheet } from './tables.ts';

/** A workbook with one sheet for each; text cells are typed as text, so that none is taken for a formula [IND6]. */
export async function toXlsx(sheets: readonly ExportSheet[]): Promise<Blob> {
  const cell = (value: string | number | null, isHead: boolean) =>
    value === null ? null : typeof value === 'number' ? { value, type: Number } : { value, type: String, ...(isHead ? { fontWeight: 'bold' as const } : {}) };
  return writeXlsxFile(sheets.map(({ name, rows }) => ({ sheet: name.slice(0, 31), data: rows.map((row, index) => row.map((value) => cell(value, index === 0))) }))).toBlob();
}
