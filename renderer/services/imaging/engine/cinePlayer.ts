import { cache } from '@cornerstonejs/core';
import type { Undo } from '#shared/lib/disposable';
import { cineIndex } from '../cinePhase.ts';
import type { CellViewport } from './cellViewport.ts';

/** Plays one cell by the clock of the screen's frames; a picture that is not here yet is left out, one that is late is not waited for. */
export function playCine(cell: CellViewport, imageIds: readonly string[], framesPerSecond: number, nowMs: () => number): Undo {
  const startedMs = nowMs();
  const startIndex = cell.index;
  let isStopped = false;
  let isBusy = false;
  const step = () => {
    if (isStopped) return;
    requestAnimationFrame(step);
    const { series } = cell;
    if (series === null || isBusy) return;
    const index = cineIndex(startIndex, nowMs() - startedMs, cell.sliceCount, framesPerSecond, cell.plane === 'stack' ? series.frameTimesMs : null);
    const imageId = imageIds[index];
    if (index === cell.index || (cell.plane === 'stack' && (imageId === undefined || !cache.isLoaded(imageId)))) return;
    isBusy = true;
    void cell.goTo(index).finally(() => {
      isBusy = false;
    });
  };
  requestAnimationFrame(step);
  return () => {
    isStopped = true;
  };
}
