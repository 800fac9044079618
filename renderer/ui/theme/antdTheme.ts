import { type ThemeConfig, theme } from 'antd';

export type ThemeName = 'light' | 'dark' | 'cart';

const SHARED: NonNullable<ThemeConfig['token']> = {
  fontFamily: 'var(--font)', // tokens.css: by language
  borderRadius: 8,
  wireframe: false,
  motionDurationMid: '0.12s',
  motionDurationSlow: '0.16s',
};

type Fixed = Readonly<Record<string, string>>;

/**
 * Ant Design derives a palette from its seeds, and the derived primary of a dark palette is too pale for white text on it. These
 * are put in after the derivation; each pair was measured: ≥ 4.5:1 (≥ 7:1 on the cart).
 */
function fix(base: typeof theme.defaultAlgorithm, values: Fixed): typeof theme.defaultAlgorithm {
  return (seed) => ({ ...base(seed), ...values });
}

const LIGHT: Fixed = {
  colorPrimary: '#0b6b70', colorPrimaryHover: '#0a7b81', colorPrimaryActive: '#08555a',
  colorInfo: '#0b6b70', colorLink: '#0b6b70', colorLinkHover: '#0a7b81', colorLinkActive: '#08555a',
  colorError: '#b3261e', colorErrorHover: '#c43028', colorErrorActive: '#8f1d17', colorErrorText: '#b3261e',
  colorSuccess: '#1b6b3a', colorWarning: '#8a5300', colorWarningText: '#8a5300',
  colorText: '#14222b', colorTextSecondary: '#4a5b66', colorTextTertiary: '#566772', colorTextQuaternary: '#566772',
  colorBgLayout: '#f3f6f8', colorBgContainer: '#ffffff', colorBgElevated: '#ffffff', colorBorder: '#8fa1ad', colorBorderSecondary: '#d5dee4',
};

const DARK: Fixed = {
  colorPrimary: '#0f7a80', colorPrimaryHover: '#117f84', colorPrimaryActive: '#0b646a',
  colorInfo: '#5cc8cc', colorLink: '#5cc8cc', colorLinkHover: '#7fdcdd', colorLinkActive: '#5cc8cc',
  colorError: '#c8352c', colorErrorHover: '#d2453c', colorErrorActive: '#a52a22', colorErrorText: '#ff9d95',
  colorSuccess: '#5fd38d', colorWarning: '#f0b24a', colorWarningText: '#f0b24a',
  colorText: '#e6eef2', colorTextSecondary: '#a9bac5', colorTextTertiary: '#a9bac5', colorTextQuaternary: '#93a5b1',
  colorBgLayout: '#0e151a', colorBgContainer: '#162027', colorBgElevated: '#1e2a33', colorBorder: '#5a6d79', colorBorderSecondary: '#2f3e49',
};

const CART: Fixed = {
  colorPrimary: '#86dfdf', colorPrimaryHover: '#a6ecec', colorPrimaryActive: '#6fcfcf',
  colorInfo: '#86dfdf', colorLink: '#86dfdf', colorLinkHover: '#a6ecec', colorLinkActive: '#6fcfcf',
  colorError: '#a3150f', colorErrorHover: '#ad1a13', colorErrorActive: '#860f0a', colorErrorText: '#ffb3ad',
  colorSuccess: '#77e6a6', colorWarning: '#ffc857', colorWarningText: '#ffc857',
  colorText: '#ffffff', colorTextSecondary: '#d7e2e8', colorTextTertiary: '#d7e2e8', colorTextQuaternary: '#c3d0d8',
  colorBgLayout: '#000000', colorBgContainer: '#0c1317', colorBgElevated: '#131c22', colorBorder: '#8ba0ad', colorBorderSecondary: '#44545f',
};

const THEMES: Readonly<Record<ThemeName, ThemeConfig>> = {
  light: {
    algorithm: fix(theme.defaultAlgorithm, LIGHT),
    token: { ...SHARED, colorPrimary: '#0b6b70', fontSize: 14, controlHeight: 36, controlHeightLG: 44 },
    components: { Button: { primaryShadow: 'none', dangerShadow: 'none', defaultShadow: 'none' } },
  },
  dark: {
    algorithm: fix(theme.darkAlgorithm, DARK),
    token: { ...SHARED, colorPrimary: '#0f7a80', fontSize: 14, controlHeight: 36, controlHeightLG: 44 },
    components: {
      // The primary is made to carry white text; as text on dark it is too dim.
      Button: { primaryShadow: 'none', dangerShadow: 'none', defaultShadow: 'none', defaultHoverColor: '#7fdcdd', defaultHoverBorderColor: '#5cc8cc', defaultActiveColor: '#5cc8cc', defaultActiveBorderColor: '#5cc8cc' },
      Tabs: { itemSelectedColor: '#7fdcdd', itemHoverColor: '#7fdcdd', inkBarColor: '#5cc8cc' },
    },
  },
  cart: {
    algorithm: fix(theme.darkAlgorithm, CART),
    token: { ...SHARED, colorPrimary: '#86dfdf', fontSize: 18, controlHeight: 52, controlHeightLG: 64, controlHeightSM: 48, borderRadius: 12 },
    components: {
      Button: { primaryShadow: 'none', dangerShadow: 'none', defaultShadow: 'none', primaryColor: '#001b1c', contentFontSizeLG: 22 },
      Tabs: { itemSelectedColor: '#86dfdf', itemHoverColor: '#a6ecec', inkBarColor: '#86dfdf', horizontalItemPadding: '14px 8px' },
      Radio: { radioSize: 32, dotSize: 16 },
      Rate: { starSize: 48 },
      Switch: { trackHeight: 32, trackMinWidth: 64, handleSize: 28 },
    },
  },
};

/** As good as none; without any, Ant Design's dialogs lose the focus that their first field asks for. */
const STILL: NonNullable<ThemeConfig['token']> = { motionDurationFast: '0.01s', motionDurationMid: '0.01s', motionDurationSlow: '0.01s' };

/** @param hasMotion false where the system asks for reduced motion. */
export function antdTheme(name: ThemeName, hasMotion: boolean): ThemeConfig {
  const chosen = THEMES[name];
  return hasMotion ? chosen : { ...chosen, token: { ...chosen.token, ...STILL } };
}
