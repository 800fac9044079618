/** The part of Electron's `Input` that decides. */
export interface KeyFacts {
  readonly key: string;
  readonly control: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  readonly meta: boolean;
}

const BLOCKED_ALONE: ReadonlySet<string> = new Set(['f5', 'f11', 'f12', 'browserback', 'browserforward', 'browserhome', 'browserrefresh']);
const BLOCKED_WITH_CONTROL: ReadonlySet<string> = new Set(['w', 'q', 'r', 'n', 't', 'o', 'p', 's', 'u', 'j', 'h', 'm', 'f4', 'tab', '+', '-', '=', '0']);
const BLOCKED_WITH_CONTROL_SHIFT: ReadonlySet<string> = new Set(['i', 'c', 'k']);
const BLOCKED_WITH_ALT: ReadonlySet<string> = new Set(['f4', 'arrowleft', 'arrowright', 'home', ' ']);

/**
 * Whether a key would leave a kiosk's page or change its frame. Editing (copy, paste, undo, select all) and every plain key stay
 * with the page. What the operating system takes before us (Ctrl+Alt+Delete) is locked in its own policy.
 */
export function isBlockedInKiosk(input: KeyFacts): boolean {
  const key = input.key.toLowerCase();
  const isCommand = input.control || input.meta;
  if (BLOCKED_ALONE.has(key)) return true;
  if (input.alt && BLOCKED_WITH_ALT.has(key)) return true;
  if (!isCommand) return false;
  return BLOCKED_WITH_CONTROL.has(key) || (input.shift && BLOCKED_WITH_CONTROL_SHIFT.has(key)) || (input.alt && key === 'i');
}
