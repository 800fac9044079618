import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '#shared/protocol/errors';
import { en } from '../../../../renderer/i18n/en.ts';
import { createI18n } from '../../../../renderer/i18n/i18n.ts';
import { type MessageKey, zhCN } from '../../../../renderer/i18n/zh-CN.ts';

const keys = Object.keys(zhCN) as MessageKey[]; // the table's own keys
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();

const RENDERER = join(import.meta.dirname, '../../../../renderer');
const filesOf = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));

describe('texts', () => {
  it('stand in one table only: of two with one key the later would be shown in both places', () => {
    for (const language of ['zh-CN', 'en']) {
      const tables = filesOf(join(RENDERER, 'i18n')).filter((name) => name.endsWith(`${language}.ts`));
      const found = tables.flatMap((name) => [...readFileSync(join(RENDERER, 'i18n', name), 'utf8').matchAll(/^ {2}'([\w.]+)':/gm)].map((match) => match[1]));
      expect(found).toHaveLength(keys.length);
      expect(found.filter((key, index) => found.indexOf(key) !== index)).toEqual([]);
    }
  });

  it('are all shown somewhere', () => {
    const source = filesOf(RENDERER).filter((name) => !name.startsWith('i18n/')).map((name) => readFileSync(join(RENDERER, name), 'utf8')).join('\n');
    const beginnings = [...source.matchAll(/`([\w.]+)\$\{/g)].map((match) => match[1] ?? '').filter((beginning) => beginning.includes('.'));
    const endings = [...source.matchAll(/`\$\{[\w.]+\}(\.[\w.]+)`/g)].map((match) => match[1] ?? '');
    const unused = keys.filter((key) => !source.includes(`'${key}'`) && !beginnings.some((beginning) => key.startsWith(beginning)) && !endings.some((ending) => key.endsWith(ending)));
    expect(unused).toEqual([]);
  });

  it('have the same keys in both languages', () => {
    expect(Object.keys(en).sort()).toEqual([...keys].sort());
  });

  it('ask for the same values in both languages', () => {
    for (const key of keys) expect(placeholders(en[key]), key).toEqual(placeholders(zhCN[key]));
  });

  it('name every error code', () => {
    for (const code of Object.keys(ERROR_CODES)) expect(keys).toContain(`error.${code}`);
  });

  it('are never empty, never shout, and English holds no Chinese', () => {
    for (const key of keys) {
      expect(zhCN[key].trim(), key).not.toBe('');
      expect(en[key].trim(), key).not.toBe('');
      expect(zhCN[key] + en[key], key).not.toMatch(/[!！]/);
      expect(en[key], key).not.toMatch(/\p{Script=Han}/u);
    }
  });

  it('leave transport words out of what people read about the connection', () => {
    for (const key of keys.filter((one) => one.startsWith('link.') || one.startsWith('limit.'))) {
      expect(`${zhCN[key]} ${en[key]}`, key).not.toMatch(/\b(ICE|DTLS|RTP|socket|transport|producer|consumer|SFU)\b/i);
    }
  });

  it('treat dots in keys as letters, and switch at once', async () => {
    const i18n = createI18n('zh-CN');
    expect(i18n.t('error.auth.badCredentials')).toBe(zhCN['error.auth.badCredentials']);
    await i18n.changeLanguage('en');
    expect(i18n.t('limit.senderNetwork', { height: 720 })).toBe('Picture lowered to 720p: the sender is short of bandwidth');
  });
});
