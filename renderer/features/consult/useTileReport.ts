import { type RefObject, useEffect } from 'react';
import type { SourceId } from '#shared/domain/ids';
import type { ConsultModel } from '../../state/consultModel.ts';
import { shownHeightPx } from './roomView.ts';

export interface TileReportOptions {
  /** The place: one source can be shown in several. */
  readonly place: string;
  readonly sourceId: SourceId;
  readonly fit: 'contain' | 'cover';
  /** Width over height of the picture. */
  readonly aspect: number;
  /** False for what needs no packets: one's own picture, one that is shown elsewhere. */
  readonly isWanted: boolean;
  readonly report: ConsultModel['reportTile'];
}

/**
 * Tells the model how large a tile is and whether anybody can see it, so that only what is seen is sent for. The observers and the
 * visibility are those of the tile's own window: a picture on the second screen goes on while the main window is hidden.
 */
export function useTileReport(ref: RefObject<HTMLElement | null>, options: TileReportOptions): void {
  const { place, sourceId, fit, aspect, isWanted, report } = options;
  useEffect(() => {
    const element = ref.current;
    const page = element?.ownerDocument;
    const view = page?.defaultView;
    if (!element || !page || !view || !isWanted) return;
    const key = `${place}:${sourceId}`;
    let isIntersecting = true;
    let last = '';
    const tell = () => {
      const box = { width: element.clientWidth, height: element.clientHeight };
      const heightPx = shownHeightPx(box, aspect, fit, view.devicePixelRatio);
      const isVisible = isIntersecting && page.visibilityState === 'visible' && box.width > 0 && box.height > 0;
      const told = `${heightPx} ${isVisible}`;
      if (told === last) return;
      last = told;
      report(key, { sourceId, heightPx, isVisible });
    };
    const resizes = new view.ResizeObserver(tell);
    const intersections = new view.IntersectionObserver((entries) => {
      isIntersecting = entries.at(-1)?.isIntersecting ?? true;
      tell();
    });
    resizes.observe(element);
    intersections.observe(element);
    page.addEventListener('visibilitychange', tell);
    tell();
    return () => {
      resizes.disconnect();
      intersections.disconnect();
      page.removeEventListener('visibilitychange', tell);
      report(key, null);
    };
  }, [ref, place, sourceId, fit, aspect, isWanted, report]);
}
