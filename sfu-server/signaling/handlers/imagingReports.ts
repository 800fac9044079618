import type { ReportDesk } from '../../imaging/reports/reportDesk.ts';
import type { Handlers } from '../handler.ts';

/** Measurements as DICOM SR. */
export function createReportHandlers(desk: ReportDesk): Handlers<'imaging.saveReport'> {
  return { 'imaging.saveReport': async ({ identity }, params) => desk.save(identity, params) };
}
