import { useEffect } from 'react';
import { type BarStep, stepOfKey } from './StepBar.tsx';

export interface TriageActions {
  /** Down or up the list. */
  readonly move: (by: 1 | -1) => void;
  readonly open: () => void;
  readonly step: (step: BarStep) => void;
}

/** Keys of the desk: J and K move, Enter opens, a letter begins a step. Silent while somebody types or a dialog asks. */
export function useTriage(isActive: boolean, { move, open, step }: TriageActions): void {
  useEffect(() => {
    if (!isActive) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || !(event.target instanceof Element)) return;
      if (event.target.closest('input, textarea, select, [contenteditable], [role="combobox"], [role="dialog"], .ant-modal') || document.querySelector('.ant-modal-wrap:not([style*="display: none"]), .ant-drawer-open, .ant-popover:not(.ant-popover-hidden)')) return;
      const key = event.key.toLowerCase();
      if (key === 'j' || key === 'k') move(key === 'j' ? 1 : -1);
      else if (key === 'enter' && event.target.closest('button, a') === null) open();
      else {
        const asked = stepOfKey(key);
        if (asked === null) return;
        step(asked);
      }
      event.preventDefault();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [isActive, move, open, step]);
}
