import {
  createTheme,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  Modal,
  Tooltip,
} from '@mantine/core'

/** Apple-orchard green, the one accent of the console. */
const ORCHARD: MantineColorsTuple = [
  '#f0f9ec',
  '#e0f0d8',
  '#bfe0b1',
  '#9bcf86',
  '#7cc062',
  '#66b34a',
  '#559d3b',
  '#43832e',
  '#356a24',
  '#27521a',
]

// Warm greys by day, green-black greys by night: calmer under long shifts than pure neutrals.
const GRAY: MantineColorsTuple = [
  '#f7f8f4',
  '#eff1eb',
  '#e3e6de',
  '#d3d7cd',
  '#bcc1b5',
  '#979d90',
  '#666c62',
  '#4c5249',
  '#333932',
  '#1d221e',
]
const DARK: MantineColorsTuple = [
  '#dde3db',
  '#b9c2b8',
  '#98a398',
  '#6d786f',
  '#39433c',
  '#2a322c',
  '#1e2520',
  '#151a17',
  '#0f1311',
  '#0a0d0b',
]

const SANS =
  '-apple-system, BlinkMacSystemFont, "SF Pro Text", "Segoe UI", Inter, "Noto Sans", "PingFang SC", ' +
  '"Noto Sans CJK SC", "Microsoft YaHei", "Helvetica Neue", Arial, sans-serif'
const MONO =
  'ui-monospace, "SF Mono", Menlo, "Cascadia Code", "DejaVu Sans Mono", Consolas, ' +
  '"Noto Sans Mono CJK SC", monospace'

/** The console's look: dense, square-ish, one green accent, monospace for what endpoints say. */
export const THEME = createTheme({
  colors: { orchard: ORCHARD, gray: GRAY, dark: DARK },
  primaryColor: 'orchard',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.32,
  defaultRadius: 'sm',
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  fontSizes: { xs: '11px', sm: '12.5px', md: '13.5px', lg: '15px', xl: '18px' },
  lineHeights: { xs: '1.35', sm: '1.4', md: '1.45', lg: '1.45', xl: '1.4' },
  spacing: { xs: '6px', sm: '9px', md: '13px', lg: '18px', xl: '26px' },
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '10px', xl: '16px' },
  headings: { fontFamily: SANS, fontWeight: '620' },
  respectReducedMotion: true,
  focusRing: 'auto',
  cursorType: 'pointer',
  components: {
    // Its scroll lock writes a style element without our nonce; the body does not scroll anyway.
    Modal: Modal.extend({ defaultProps: { lockScroll: false } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 350, withArrow: true, multiline: true, maw: 420 },
    }),
  },
})

/** Page background by scheme; cards and bars lie on it with their own surfaces (see theme.css). */
export const CSS_VARIABLES: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-body': '#f5f6f2', '--mantine-color-text': '#1d221e' },
  dark: { '--mantine-color-body': '#151a17', '--mantine-color-text': '#dde3db' },
})
