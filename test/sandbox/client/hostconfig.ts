/** A dialog has its buttons at the lower right. */
export type Place = 'message' | 'dialog';

/** Teams' colours, distances and sizes for Adaptive Cards, as the open-source renderer takes them. */
export function hostConfig(dark: boolean, place: Place): object {
  const text = dark
    ? {
        default: '#ffffff',
        dark: '#242424',
        light: '#adadad',
        accent: '#9ea2ff',
        good: '#92c353',
        warning: '#f2c661',
        attention: '#f1707b',
      }
    : {
        default: '#242424',
        dark: '#242424',
        light: '#616161',
        accent: '#5b5fc7',
        good: '#237b4b',
        warning: '#835c00',
        attention: '#c4314b',
      };
  const subtle = dark
    ? {
        default: '#adadad',
        dark: '#616161',
        light: '#adadad',
        accent: '#7f85f5',
        good: '#7fa84a',
        warning: '#d8b159',
        attention: '#d8646e',
      }
    : {
        default: '#616161',
        dark: '#424242',
        light: '#707070',
        accent: '#7579d6',
        good: '#3d8f61',
        warning: '#9a701f',
        attention: '#d1586d',
      };
  const foregroundColors = Object.fromEntries(
    Object.entries(text).map(([name, color]) => [
      name,
      { default: color, subtle: subtle[name as keyof typeof subtle] },
    ]),
  );
  const style = (backgroundColor: string, borderColor: string) => ({ backgroundColor, borderColor, foregroundColors });
  const containerStyles = dark
    ? {
        default: style('transparent', '#3d3d3d'),
        emphasis: style('#333333', '#474747'),
        accent: style('#2f2f4a', '#4f52b2'),
        good: style('#1f3324', '#3b6b47'),
        warning: style('#3a3013', '#7a641f'),
        attention: style('#3f2126', '#8c3a45'),
      }
    : {
        default: style('transparent', '#e0e0e0'),
        emphasis: style('#f5f5f5', '#e0e0e0'),
        accent: style('#e8ebfa', '#c5cbf0'),
        good: style('#e7f4ea', '#b7dcc2'),
        warning: style('#fdf6e1', '#eedb9f'),
        attention: style('#fcecef', '#eebdc6'),
      };
  return {
    supportsInteractivity: true,
    fontFamily: 'inherit',
    fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
    fontWeights: { lighter: 400, default: 400, bolder: 600 },
    lineHeights: { small: 16, default: 20, medium: 20, large: 24, extraLarge: 32 },
    hostWidthBreakpoints: { veryNarrow: 0, narrow: 0, standard: 0 },
    containerStyles,
    imageSizes: { small: 32, medium: 52, large: 100 },
    imageSet: { imageSize: 'medium', maxImageHeight: 100 },
    separator: { lineThickness: 1, lineColor: dark ? '#3d3d3d' : '#e0e0e0' },
    spacing: {
      none: 0,
      small: 8,
      default: 12,
      medium: 16,
      large: 20,
      extraLarge: 24,
      padding: place === 'dialog' ? 20 : 16,
    },
    textBlock: { headingLevel: 3 },
    textStyles: { heading: { size: 'large', weight: 'bolder' }, columnHeader: { weight: 'bolder' } },
    factSet: {
      title: { color: 'default', size: 'default', weight: 'bolder', wrap: true, maxWidth: 160 },
      value: { color: 'default', size: 'default', wrap: true },
      spacing: 16,
    },
    table: { cellSpacing: 8 },
    inputs: {
      label: {
        inputSpacing: 'small',
        requiredInputs: { weight: 'bolder', suffix: ' *', suffixColor: 'attention' },
        optionalInputs: { weight: 'bolder' },
      },
      errorMessage: { color: 'attention', spacing: 'small', size: 'small' },
    },
    actions: {
      maxActions: 6,
      spacing: 'default',
      buttonSpacing: 8,
      actionsOrientation: 'horizontal',
      actionAlignment: place === 'dialog' ? 'right' : 'left',
      preExpandSingleShowCardAction: false,
      showCard: { actionMode: 'inline', inlineTopMargin: 16, style: 'emphasis' },
    },
  };
}
