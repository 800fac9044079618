import type { ControlMode } from '#shared/control/modes';
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
  /** Remote control of a probe: what a person at this machine confirms besides the page. */
  readonly control: {
    readonly grant: (name: string, mode: string) => string;
    readonly resetStop: string;
    readonly detail: string;
    readonly grantYes: string;
    readonly resetYes: string;
    readonly no: string;
    readonly stop: string;
    readonly modes: Readonly<Record<ControlMode, string>>;
  };
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
    control: {
      grant: (name, mode) => `允许“${name}”远程控制探头（${mode}）吗？`,
      resetStop: '要解除急停吗？解除后探头可以再次动作。',
      detail: '只有站在患者身边、看得见探头的人才能确认。如果不是您在页面上操作的，请选择“不允许”。',
      grantYes: '允许',
      resetYes: '解除急停',
      no: '不允许',
      stop: '急停',
      modes: { settings: '仅调图像', orientation: '仅转动', full: '移动和转动', manual: '由床旁人员手持' },
    },
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
    control: {
      grant: (name, mode) => `Let “${name}” steer the probe (${mode})?`,
      resetStop: 'Take back the emergency stop? The probe can move again afterwards.',
      detail: 'Only somebody who stands beside the patient and sees the probe may confirm this. If it was not you who pressed it in the page, refuse.',
      grantYes: 'Allow',
      resetYes: 'Take back',
      no: 'Refuse',
      stop: 'STOP',
      modes: { settings: 'picture only', orientation: 'turning only', full: 'moving and turning', manual: 'held by the bedside' },
    },
  },
};

/** The person's choice, else the system's language, else Chinese. */
export function shellTexts(language: MachineSettings['language'], systemLocale: string): ShellTexts {
  return TEXTS[language ?? (systemLocale.toLowerCase().startsWith('en') ? 'en' : 'zh-CN')];
}
