import { type KeyboardEvent, useCallback } from 'react';
import type { ToolName } from '#shared/domain/imaging/marks';
import { presetsOf } from '../../services/imaging/presets.ts';
import { useViewer } from './imagingContext.ts';

const TOOL_KEYS: Readonly<Record<string, ToolName>> = { w: 'window', z: 'zoom', p: 'pan', s: 'scroll', g: 'magnify', l: 'length', b: 'bidirectional', a: 'angle', c: 'cobb', e: 'ellipse', t: 'rectangle', v: 'probe', x: 'arrow', k: 'crosshair' };

/**
 * The viewer's keys, while the focus is in it: they are its own there and do not reach the room's. Letters choose tools, digits windows;
 * arrows, Page and Home/End go through the slices; R turns, H and Y flip, I inverts, 0 resets, Ctrl+Z undoes, space plays.
 */
export function useImagingKeys(): (event: KeyboardEvent) => void {
  const { model, onHand } = useViewer();
  return useCallback(
    (event: KeyboardEvent) => {
      const target = event.target as HTMLElement; // events of the page's elements
      if (target.closest('input:not([type="range"]), textarea, [contenteditable="true"]')) return;
      const { active, cells } = model.store.getState();
      const cell = cells[active];
      const look = (act: () => void) => () => {
        onHand('look');
        act();
      };
      const preset = presetsOf(cell?.series?.modality ?? '').find(({ key }) => key === event.key);
      const keys: Record<string, () => void> = {
        ArrowDown: look(() => model.scrollBy(1)), ArrowUp: look(() => model.scrollBy(-1)), ArrowRight: look(() => model.scrollBy(1)), ArrowLeft: look(() => model.scrollBy(-1)), PageDown: look(() => model.scrollBy(10)), PageUp: look(() => model.scrollBy(-10)),
        Home: look(() => model.scrollTo(active, 0)), End: look(() => model.scrollTo(active, (cell?.count ?? 1) - 1)), r: look(() => model.rotate(90)), h: look(model.flipAcross), y: look(model.flipDown), i: look(model.invert), '0': look(model.reset), '+': look(() => model.zoomBy(1.2)),
        '-': look(() => model.zoomBy(1 / 1.2)),
      };
      if (!target.closest('button, input')) keys[' '] = look(() => model.setCine(active, cell?.view?.cine.isPlaying !== true));
      const tool = TOOL_KEYS[event.key];
      const isUndo = event.key === 'z' && (event.ctrlKey || event.metaKey);
      const act = isUndo ? look(model.undo) : event.ctrlKey || event.metaKey || event.altKey ? undefined : preset ? look(() => model.setWindow({ center: preset.center, width: preset.width })) : (keys[event.key] ?? (tool ? () => model.setTool(tool) : undefined));
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    },
    [model, onHand],
  );
}
