import { describe, expect, it } from 'vitest';
import { caseIdSchema } from '#shared/domain/ids';
import { isOfReport, type Mark } from '#shared/domain/imaging/marks';
import type { CellView } from '#shared/domain/imaging/presentation';
import { createStore } from 'zustand/vanilla';
import type { Report } from '../../../../../renderer/services/imaging/report.ts';
import type { ImagingModel } from '../../../../../renderer/state/imaging/imagingModel.ts';
import { CLOSED_IMAGING, type ImagingState, showsAssistance } from '../../../../../renderer/state/imaging/imagingState.ts';
import { createReportModel } from '../../../../../renderer/state/imaging/reportModel.ts';
import type { RequestPort } from '../../../../../renderer/state/ports.ts';

const VIEW: CellView = {
  studyUid: '1.2', seriesUid: '1.2.3', plane: 'stack', sopUid: '1.2.3.4', frame: 1, planeMm: null, window: null, zoom: 1, panMm: [0, 0], rotationDeg: 0,
  isFlippedAcross: false, isFlippedDown: false, isInverted: false, cine: { isPlaying: false, framesPerSecond: 25 },
};
const report = (isAssistance: boolean): Report => ({
  sopUid: '1.9', studyUid: '1.2', title: '', writtenAtMs: null, author: 'Nodule finder', isAssistance, lines: [],
  drawn: [{ id: null, tool: 'length', seriesUid: '1.2.3', sopUid: '1.2.3.4', frame: 1, points: [[1, 1], [5, 5]], text: '' }],
});

/** What a report leaves on the pictures when it is drawn. */
async function drawn(isAssistance: boolean): Promise<ImagingState> {
  const store = createStore<ImagingState>(() => ({ ...CLOSED_IMAGING, caseId: caseIdSchema.parse('case-1') }));
  const imaging = {
    store, goToPicture: () => undefined, pictureToPatient: async () => ({ points: [[1, 1, 0], [5, 5, 0]], normal: null, up: null, frameOfReferenceUid: '' }),
    putMark: (mark: Mark) => store.setState(({ marks }) => ({ marks: [...marks, mark] })),
  } as unknown as ImagingModel; // what drawing asks of it
  const reports = createReportModel({ imaging, web: { metadata: async () => [] }, signaling: {} as unknown as RequestPort });
  expect(await reports.draw(report(isAssistance))).toBe(1);
  return store.getState();
}

describe('[IMG50] measurements of a device', () => {
  it('are said to be assistance on the picture that they are drawn on, and on no other', async () => {
    const state = await drawn(true);
    expect(showsAssistance(state, { view: VIEW })).toBe(true);
    expect([showsAssistance(state, { view: { ...VIEW, sopUid: '1.2.3.5' } }), showsAssistance(state, { view: { ...VIEW, frame: 2 } }), showsAssistance(state, { view: { ...VIEW, seriesUid: '1.2.9' } }), showsAssistance(state, { view: null })]).toEqual([false, false, false, false]);
    expect(showsAssistance(state, { view: { ...VIEW, plane: 'axial', sopUid: '1.2.3.5' } })).toBe(true);
    expect(state.marks.every(isOfReport)).toBe(true); // and are not written as a person's
  });

  it('a person’s report is not', async () => {
    const state = await drawn(false);
    expect([showsAssistance(state, { view: VIEW }), state.marks.every(isOfReport)]).toEqual([false, true]);
  });

  it('nor is a picture without overlays; with one of a segmentation it is', () => {
    expect(showsAssistance({ marks: [], overlaid: new Set(['1.2.3']) }, { view: VIEW })).toBe(true);
    expect(showsAssistance({ marks: [], overlaid: new Set(['1.2.4']) }, { view: VIEW })).toBe(false);
  });
});
