import { describe, expect, it } from 'vitest';
import { parseServerUrl } from '../../../../renderer/features/signIn/serverUrl.ts';
import { isTypingTarget, shortcutOf } from '../../../../renderer/features/consult/shortcuts.ts';

const press = (key: string, part: object = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, ...part });
const element = (tagName: string, part: { type?: string; role?: string; isContentEditable?: boolean } = {}) => ({ tagName, getAttribute: (name: string) => (name === 'role' ? (part.role ?? null) : null), ...(part.type === undefined ? {} : { type: part.type }), ...(part.isContentEditable === undefined ? {} : { isContentEditable: part.isContentEditable }) });

describe('shortcuts', () => {
  it('know their keys, whatever the case', () => {
    expect(['m', 'M', ' ', 'v', 's', 'h', '1', '2', '3', 'f', 'p', '?'].map((key) => shortcutOf(press(key)))).toEqual([
      'mute', 'mute', 'talk', 'camera', 'share', 'hand', 'layoutStage', 'layoutGrid', 'layoutSide', 'fullscreen', 'pin', 'help',
    ]);
    expect(shortcutOf(press('x'))).toBeNull();
    expect(shortcutOf(press('Shift'))).toBeNull();
  });

  it('leave the system\'s and the input method\'s keys alone', () => {
    expect(shortcutOf(press('s', { ctrlKey: true }))).toBeNull();
    expect(shortcutOf(press('m', { metaKey: true }))).toBeNull();
    expect(shortcutOf(press('h', { isComposing: true }))).toBeNull();
  });

  it('do not fire where a person types', () => {
    expect(isTypingTarget(element('TEXTAREA'))).toBe(true);
    expect(isTypingTarget(element('INPUT', { type: 'password' }))).toBe(true);
    expect(isTypingTarget(element('DIV', { isContentEditable: true }))).toBe(true);
    expect(isTypingTarget(element('DIV', { role: 'combobox' }))).toBe(true);
    expect(isTypingTarget(element('INPUT', { type: 'checkbox' }))).toBe(false);
    expect(isTypingTarget(element('BUTTON'))).toBe(false);
    expect(isTypingTarget(null)).toBe(false);
  });
});

describe('the server\'s address', () => {
  it('is https anywhere, http only on this machine, and an origin alone', () => {
    expect(parseServerUrl(' https://hz.example/path?x ')).toBe('https://hz.example');
    expect(parseServerUrl('http://127.0.0.1:7400/')).toBe('http://127.0.0.1:7400');
    for (const refused of ['http://hz.example', 'ftp://hz.example', 'hz.example', '', 'javascript:alert(1)']) expect(parseServerUrl(refused), refused).toBeNull();
  });
});
