import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '#shared/protocol/errors';
import { en } from '../../../../renderer/i18n/en.ts';
import { createI18n } from '../../../../renderer/i18n/i18n.ts';
import { type MessageKey, zhCN } from '../../../../renderer/i18n/zh-CN.ts';

const keys = Object.keys(zhCN) as MessageKey[]; // the table's own keys
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();

describe('texts', () => {
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
