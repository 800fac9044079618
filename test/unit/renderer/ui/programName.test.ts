import { describe, expect, it } from 'vitest';
import { createI18n } from '../../../../renderer/i18n/i18n.ts';
import { programName } from '../../../../renderer/ui/programName.ts';

describe('programName', () => {
  const names = (language: 'en' | 'zh-CN') => {
    const i18n = createI18n(language);
    return ['electron 0.1.0 Win32', 'browser Linux x86_64', 'loopback 0.1.0-beta.2 MacIntel', 'electron 1.2.3 Haiku', 'browser', 'ward tablet 7'].map((client) => programName(client, (key, values) => i18n.t(key, values ?? {})));
  };

  it('names the program and its system in both languages, and leaves what does not name itself so', () => {
    expect(names('en')).toEqual(['Desktop client on Windows', 'Browser on Linux', 'Browser window on macOS', 'Desktop client on Haiku', 'Browser', 'ward tablet 7']);
    expect(names('zh-CN')).toEqual(['Windows 上的桌面客户端', 'Linux 上的浏览器', 'macOS 上的浏览器窗口', 'Haiku 上的桌面客户端', '浏览器', 'ward tablet 7']);
  });
});
