import { createContext, useCallback, useContext, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Clock } from '#shared/lib/clock';
import { required } from '#shared/lib/assert';
import type { LanguageName } from '../i18n/format.ts';
import type { MessageKey } from '../i18n/zh-CN.ts';

export type Translate = (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string;

export interface Text {
  readonly t: Translate;
  readonly language: LanguageName;
}

/** The interface's texts in the present language; components that use it change at once when the language does. */
export function useText(): Text {
  const { t, i18n } = useTranslation();
  const language: LanguageName = i18n.language === 'en' ? 'en' : 'zh-CN';
  const translate = useCallback<Translate>((key, values) => t(key, values ?? {}), [t]);
  return useMemo(() => ({ t: translate, language }), [translate, language]);
}

/** The program's clock, given by the composition root; a component asks no other. */
export const ClockContext = createContext<Clock | null>(null);

export function useClock(): Clock {
  return required(useContext(ClockContext), 'a ClockContext around this component');
}
