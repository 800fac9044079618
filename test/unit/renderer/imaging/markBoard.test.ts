import { eventTarget } from '@cornerstonejs/core';
import { annotation, Enums } from '@cornerstonejs/tools';
import * as dicomImageLoader from '@cornerstonejs/dicom-image-loader';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { volumeIdOf } from '../../../../renderer/services/imaging/engine/cellViewport.ts';
import { ImageNames } from '../../../../renderer/services/imaging/engine/imageNames.ts';
import { MarkBoard } from '../../../../renderer/services/imaging/engine/markBoard.ts';
import { seriesOf } from '../../../../renderer/services/imaging/series.ts';

describe('a mark on a plane', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('[IMG27] that is on no picture of the series is taken off and said, and not left as if it were kept', () => {
    vi.stubGlobal('HTMLDivElement', class {}); // the library asks whether it is given one
    const refused: string[] = [];
    const board = new MarkBoard({ names: new ImageNames(() => ''), viewportIds: () => [], author: () => ({ id: 'me', name: 'me' }), colourOf: () => '#fff', onDrawn: () => refused.push('drawn'), onRemoved: () => undefined, onMeasured: () => undefined, onRefused: (reason) => refused.push(reason) });
    const drawn = { annotationUID: 'mark-1', metadata: { toolName: 'Length', FrameOfReferenceUID: '1.9' }, data: { handles: { points: [[0, 0, 0], [0, 0, 9]] } } };
    annotation.state.addAnnotation(drawn as never, '1.9'); // as the library makes it on a coronal plane of axial slices: without an image
    eventTarget.dispatchEvent(new CustomEvent(Enums.Events.ANNOTATION_COMPLETED, { detail: { annotation: drawn } }) as never); // its event target has a narrower type
    expect(annotation.state.getAnnotation('mark-1')).toBeUndefined();
    expect(refused).toEqual(['onPlane']);
    board.close();
  });
});

it('a viewer that is closed leaves nothing of the pictures’ data sets in memory', () => {
  const names = new ImageNames((_series, { sopUid }) => `https://images.invalid/${sopUid}`);
  const summary = { studyUid: '1', seriesUid: '1.1', modality: 'CT', number: 1, description: '', bodyPart: '', instanceCount: 0 };
  const ids = names.idsOf(seriesOf(summary, [{ '00080018': { Value: ['1.1.1'] }, '00100010': { Value: ['ZHANG'] }, '00280010': { Value: [16] } }]));
  const known = () => ids.map((id) => dicomImageLoader.wadors.metaDataManager.get(id));
  expect(known()).not.toEqual([undefined]);
  names.close();
  expect(known()).toEqual([undefined]);
  expect(names.find(ids[0] ?? '')).toBeNull();
});

it('a series that has grown has another volume than it had', () => {
  const summary = { studyUid: '1', seriesUid: '1.1', modality: 'CT', number: 1, description: '', bodyPart: '', instanceCount: 0 };
  const slices = (count: number) => seriesOf(summary, Array.from({ length: count }, (_, index) => ({ '00080018': { Value: [`1.1.${index}`] }, '00280010': { Value: [16] } })));
  expect(volumeIdOf(slices(5))).toBe(volumeIdOf(slices(5)));
  expect(volumeIdOf(slices(9))).not.toBe(volumeIdOf(slices(5)));
});
