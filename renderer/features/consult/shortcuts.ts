/** What a key of the room does. */
export type ShortcutAction = 'mute' | 'camera' | 'share' | 'hand' | 'layoutStage' | 'layoutGrid' | 'layoutSide' | 'fullscreen' | 'pin' | 'help' | 'talk';

const KEYS: Readonly<Record<string, ShortcutAction>> = {
  m: 'mute', v: 'camera', s: 'share', h: 'hand', '1': 'layoutStage', '2': 'layoutGrid', '3': 'layoutSide', f: 'fullscreen', p: 'pin', '?': 'help', '？': 'help', ' ': 'talk',
};

/** The part of a keyboard event that decides. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly isComposing: boolean;
}

/** Keys with Ctrl, Alt or Meta are the system's; those an input method is composing with are nobody else's. */
export function shortcutOf(press: KeyPress): ShortcutAction | null {
  if (press.ctrlKey || press.metaKey || press.altKey || press.isComposing) return null;
  return KEYS[press.key.length === 1 ? press.key.toLowerCase() : press.key] ?? null;
}

/** Where letters are text: nothing fires there. */
export function isTypingTarget(element: { readonly tagName: string; readonly isContentEditable?: boolean; getAttribute(name: string): string | null; readonly type?: string } | null): boolean {
  if (!element) return false;
  if (element.isContentEditable) return true;
  if (element.tagName === 'TEXTAREA' || element.tagName === 'SELECT') return true;
  if (element.tagName === 'INPUT') return !['checkbox', 'radio', 'button', 'submit', 'range'].includes(element.type ?? 'text');
  return ['textbox', 'combobox', 'searchbox', 'listbox', 'menu', 'menuitem'].includes(element.getAttribute('role') ?? '');
}
