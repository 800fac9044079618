import i18next, { type i18n } from 'i18next';
import { en } from './en.ts';
import { zhCN } from './zh-CN.ts';

/** Both languages are in the program (they are small), so that switching needs no loading. Keys are flat: dots in them are letters. */
export function createI18n(language: string): i18n {
  const instance = i18next.createInstance();
  void instance.init({
    lng: language,
    fallbackLng: 'zh-CN',
    resources: { 'zh-CN': { translation: zhCN }, en: { translation: en } },
    keySeparator: false,
    nsSeparator: false,
    initAsync: false,
    interpolation: { escapeValue: false }, // React escapes
  });
  return instance;
}
