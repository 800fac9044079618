import type { MachineSettings } from '#shared/host/contract';

/** The few words the shell itself says; everything else is the page's. */
export interface ShellTexts {
  readonly crashed: string;
  readonly hanging: string;
  readonly reload: string;
  readonly wait: string;
  readonly chooseScreen: string;
  readonly screen: string;
  readonly cancel: string;
  readonly kioskNeedsCode: string;
}

const TEXTS: Readonly<Record<'zh-CN' | 'en', ShellTexts>> = {
  'zh-CN': {
    crashed: '页面意外退出。会诊仍在进行，重新加载后会自动返回。',
    hanging: '页面没有响应。可以重新加载（会自动返回会诊），或继续等待。',
    reload: '重新加载',
    wait: '等待',
    chooseScreen: '选择要共享的屏幕或窗口',
    screen: '屏幕',
    cancel: '取消',
    kioskNeedsCode: '尚未设置退出码，不能进入专用模式。请先以 --set-kiosk-code 运行。',
  },
  en: {
    crashed: 'The page ended unexpectedly. The consult goes on; loading again brings you back to it.',
    hanging: 'The page does not answer. Load it again (you return to the consult), or wait.',
    reload: 'Load again',
    wait: 'Wait',
    chooseScreen: 'Choose the screen or window to share',
    screen: 'Screen',
    cancel: 'Cancel',
    kioskNeedsCode: 'There is no exit code yet, so the kiosk cannot start. Run with --set-kiosk-code first.',
  },
};

/** The person's choice, else the system's language, else Chinese. */
export function shellTexts(language: MachineSettings['language'], systemLocale: string): ShellTexts {
  return TEXTS[language ?? (systemLocale.toLowerCase().startsWith('en') ? 'en' : 'zh-CN')];
}
