import { createStore, type StoreApi } from 'zustand/vanilla';
import { isOfReport, type Mark, reportAuthor } from '#shared/domain/imaging/marks';
import type { OpinionLanguage } from '#shared/domain/opinion';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { RequestParams } from '#shared/protocol/requests';
import type { DicomWeb } from '../../services/imaging/dicomWeb.ts';
import { type Report, reportOf } from '../../services/imaging/report.ts';
import type { SeriesSummary } from '../../services/imaging/series.ts';
import type { RequestPort } from '../ports.ts';
import type { ImagingModel } from './imagingModel.ts';

export interface ReportState {
  /** The series whose reports are read; null: none. */
  readonly series: SeriesSummary | null;
  /** Null: not here yet. */
  readonly reports: readonly Report[] | null;
  readonly error: AppError | null;
  readonly isSaving: boolean;
  /** Of the last report written here: how many marks are in it, and how many had no values, since their pictures were not shown yet. */
  readonly saved: { readonly written: number; readonly left: number } | null;
  readonly saveError: AppError | null;
}

export interface ReportOptions {
  readonly imaging: ImagingModel;
  readonly web: Pick<DicomWeb, 'metadata'>;
  readonly signaling: Pick<RequestPort, 'request'>;
}

export type ReportModel = ReturnType<typeof createReportModel>;

const NOTHING: ReportState = { series: null, reports: null, error: null, isSaving: false, saved: null, saveError: null };

/** Measurements as DICOM structured reports: written from the marks of a study [IMG33], and read, whoever wrote them [IMG34] [IMG35]. */
export function createReportModel({ imaging, web, signaling }: ReportOptions) {
  const store: StoreApi<ReportState> = createStore<ReportState>(() => NOTHING);
  imaging.store.subscribe(({ caseId }, before) => {
    if (caseId !== before.caseId) store.setState(NOTHING);
  });

  /** The study that is looked at; null: none. */
  function studyUid(): string | null {
    const { cells, active } = imaging.store.getState();
    return cells[active]?.view?.studyUid ?? null;
  }

  async function read(series: SeriesSummary): Promise<void> {
    const { caseId } = imaging.store.getState();
    if (caseId === null) return;
    store.setState({ series, reports: null, error: null });
    try {
      const reports = (await web.metadata(caseId, series)).map(reportOf);
      if (store.getState().series === series) store.setState({ reports });
    } catch (error) {
      if (store.getState().series === series) store.setState({ error: toAppError(error) });
    }
  }

  /** Draws a report's measurements on the pictures, as they were written; those that are there already stay as they are. Resolves with how many could be drawn. */
  async function draw({ drawn, author, isAssistance, studyUid: study }: Report): Promise<number> {
    let first: Mark | null = null;
    let count = 0;
    for (const [index, { id, points, ...one }] of drawn.entries()) {
      const present = imaging.store.getState().marks.find((mark) => mark.id === id);
      const places = present ? null : await imaging.pictureToPatient(one, points);
      const mark: Mark | null = present ?? (places && { ...one, ...places, studyUid: study, id: id ?? `report-${index}-${one.sopUid.slice(-40).replaceAll('.', '-')}`, text: one.text, authorId: reportAuthor(author, isAssistance), authorName: author.slice(0, 120), isLocked: true });
      if (mark === null) continue;
      if (!present) imaging.putMark(mark);
      first ??= mark;
      count += 1;
    }
    if (first) imaging.goToPicture(first);
    store.setState({ series: null, reports: null });
    return count;
  }

  async function save(language: OpinionLanguage): Promise<void> {
    const { caseId, marks } = imaging.store.getState();
    const study = studyUid();
    if (caseId === null || study === null || store.getState().isSaving) return;
    store.setState({ isSaving: true, saved: null, saveError: null });
    try {
      const written: RequestParams<'imaging.saveReport'>['marks'] = [];
      let left = 0;
      for (const mark of marks.filter((one) => one.studyUid === study && !isOfReport(one))) {
        const measured = imaging.measured(mark.id);
        const points = measured.length > 0 || mark.tool === 'arrow' ? await imaging.markOnPicture(mark) : null;
        if (points === null) left += 1;
        else written.push({ id: mark.id, points: points.map(([column, row]) => [column, row]), measured });
      }
      if (written.length > 0) await signaling.request('imaging.saveReport', { caseId, studyUid: study, language, marks: written });
      store.setState({ isSaving: false, saved: { written: written.length, left } });
      await imaging.refresh();
    } catch (error) {
      store.setState({ isSaving: false, saveError: toAppError(error) });
    }
  }

  return { store, studyUid, read, draw, save, close: () => store.setState({ series: null, reports: null, error: null }), dismissSaved: () => store.setState({ saved: null, saveError: null }) };
}
