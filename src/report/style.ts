import { styleText } from 'node:util';

type Paint = (text: string) => string;

/** Colours by meaning; without colour every one gives its text back. */
export interface Style {
  readonly strong: Paint;
  readonly faint: Paint;
  readonly error: Paint;
  readonly warning: Paint;
  readonly note: Paint;
  readonly good: Paint;
}

/** Takes whether colour is wanted and gives the style. */
export function createStyle(isColoured: boolean): Style {
  const paint =
    (format: Parameters<typeof styleText>[0]): Paint =>
    (text) =>
      isColoured ? styleText(format, text, { validateStream: false }) : text;
  return {
    strong: paint('bold'),
    faint: paint('dim'),
    error: paint('red'),
    warning: paint('yellow'),
    note: paint('cyan'),
    good: paint('green'),
  };
}
