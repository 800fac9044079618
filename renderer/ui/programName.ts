import type { Translate } from './text.ts';

/** What a page says of the system it runs on (`navigator.platform`), and how people call that. */
const SYSTEMS: readonly (readonly [RegExp, string])[] = [[/^Win/, 'Windows'], [/^Mac/, 'macOS'], [/^(iPhone|iPad)/, 'iOS'], [/Android/, 'Android'], [/^Linux/, 'Linux']];

/** The program of a session or a machine as people call it: it names itself `kind version platform`. What does not is shown as it is. */
export function programName(client: string, t: Translate): string {
  const [, kind, platform = ''] = /^(electron|loopback|browser)(?: \d[\w.-]*)?(?: (.+))?$/.exec(client) ?? [];
  if (kind !== 'electron' && kind !== 'loopback' && kind !== 'browser') return client;
  const system = SYSTEMS.find(([pattern]) => pattern.test(platform))?.[1] ?? platform;
  return system === '' ? t(`program.${kind}`) : t('program.on', { program: t(`program.${kind}`), system });
}
