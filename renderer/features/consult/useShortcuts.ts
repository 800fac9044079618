import { useEffect, useRef } from 'react';
import { isTypingTarget, type ShortcutAction, shortcutOf } from './shortcuts.ts';

export interface ShortcutHandlers {
  readonly on: (action: Exclude<ShortcutAction, 'talk'>) => void;
  readonly talk: (isHeld: boolean) => void;
  /** False under a dialog: its keys are its own. */
  readonly isEnabled: boolean;
}

const PRESSABLE = 'button, a, summary, [role="button"], [role="tab"], [role="switch"], [role="radio"], [role="option"], input, label';

/**
 * The room's keys. Space talks while held, except on a control that was reached by keyboard, where Space presses it: whoever
 * works without a mouse keeps the normal key, whoever clicked a button and then holds Space is heard. Held talk ends with the key,
 * the window's focus or its visibility, whichever comes first.
 */
export function useShortcuts(handlers: ShortcutHandlers): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    let isTalking = false;
    let cameByPointer = true;
    const endTalk = () => {
      if (!isTalking) return;
      isTalking = false;
      latest.current.talk(false);
    };
    const onPointer = () => {
      cameByPointer = true;
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Tab' || event.key.startsWith('Arrow')) cameByPointer = false;
      const target = event.target instanceof Element ? event.target : null;
      if (!latest.current.isEnabled || isTypingTarget(target instanceof HTMLElement ? target : null)) return;
      const action = shortcutOf(event);
      if (action === null) return;
      if (action === 'talk') {
        if (!cameByPointer && target?.closest(PRESSABLE)) return;
        event.preventDefault();
        if (!isTalking && !event.repeat) {
          isTalking = true;
          latest.current.talk(true);
        }
        return;
      }
      if (event.repeat) return;
      event.preventDefault();
      latest.current.on(action);
    };
    const onKeyUp = (event: KeyboardEvent) => {
      if (event.code !== 'Space' || !isTalking) return; // by its place: with another key held or another input method its letter differs
      event.preventDefault(); // or the button clicked last would be pressed
      endTalk();
    };
    const onHidden = () => {
      if (document.visibilityState === 'hidden') endTalk();
    };
    document.addEventListener('pointerdown', onPointer, true);
    document.addEventListener('keydown', onKeyDown);
    document.addEventListener('keyup', onKeyUp);
    document.addEventListener('visibilitychange', onHidden);
    window.addEventListener('blur', endTalk);
    return () => {
      endTalk();
      document.removeEventListener('pointerdown', onPointer, true);
      document.removeEventListener('keydown', onKeyDown);
      document.removeEventListener('keyup', onKeyUp);
      document.removeEventListener('visibilitychange', onHidden);
      window.removeEventListener('blur', endTalk);
    };
  }, []);
}
