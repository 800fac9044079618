import { createStore, type StoreApi } from 'zustand/vanilla';
import { DEFAULT_MACHINE_SETTINGS, type MachineSettings } from '#shared/host/contract';
import { drop } from '#shared/lib/drop';
import type { SettingsPort } from './ports.ts';

export type Language = 'zh-CN' | 'en';
export type ThemeName = 'light' | 'dark' | 'cart';

export interface SettingsState {
  readonly isLoaded: boolean;
  readonly settings: MachineSettings;
  readonly language: Language;
  readonly theme: ThemeName;
  /** The last change could not be kept: it holds until the program ends. */
  readonly isUnsaved: boolean;
}

/** The machine's language, theme, server and enrolment. A change shows at once and is kept behind it. */
export interface SettingsModel {
  readonly store: StoreApi<SettingsState>;
  load(): Promise<void>;
  setLanguage(language: Language): void;
  setTheme(theme: ThemeName): void;
  setServerUrl(serverUrl: string | null): void;
  setCartId(cartId: string | null): void;
}

/** What nobody chose: Chinese; the cart's own theme on an enrolled cart, light elsewhere. */
function derive(settings: MachineSettings): Pick<SettingsState, 'settings' | 'language' | 'theme'> {
  return { settings, language: settings.language ?? 'zh-CN', theme: settings.theme ?? (settings.cartId === null ? 'light' : 'cart') };
}

export function createSettingsModel(port: SettingsPort): SettingsModel {
  const store = createStore<SettingsState>(() => ({ isLoaded: false, isUnsaved: false, ...derive(DEFAULT_MACHINE_SETTINGS) }));

  function change(part: Partial<Omit<MachineSettings, 'schemaVersion'>>): void {
    store.setState(derive({ ...store.getState().settings, ...part }));
    drop(
      port.write(part).then(() => store.setState({ isUnsaved: false })),
      'the change is on the screen already, and the screen says that it was not kept',
      () => store.setState({ isUnsaved: true }),
    );
  }

  return {
    store,
    async load() {
      try {
        store.setState({ isLoaded: true, ...derive(await port.read()) });
      } catch {
        store.setState({ isLoaded: true, isUnsaved: true }); // defaults serve; the settings screen says they are not kept
      }
    },
    setLanguage: (language) => change({ language }),
    setTheme: (theme) => change({ theme }),
    setServerUrl: (serverUrl) => change({ serverUrl }),
    setCartId: (cartId) => change({ cartId }),
  };
}
