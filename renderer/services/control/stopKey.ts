import type { Undo } from '#shared/lib/disposable';

/**
 * [CTL67] Escape stops, wherever the focus is: in a field, under a dialog, on a button. It is heard before anybody else hears it and is not
 * taken from them. An input method's own Escape, which only takes back a syllable, is not one.
 */
export function listenForStop(window: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>, onStop: () => void): Undo {
  const listener = (event: Event) => {
    const { key, repeat, isComposing } = event as KeyboardEvent; // a key event by its name
    if (key === 'Escape' && !repeat && !isComposing) onStop();
  };
  window.addEventListener('keydown', listener, { capture: true });
  return () => window.removeEventListener('keydown', listener, { capture: true });
}
