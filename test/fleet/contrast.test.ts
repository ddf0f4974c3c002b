import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const CSS = await readFile(new URL('../../templates/status/page.css', import.meta.url), 'utf8');
const DARK = '@media screen and (prefers-color-scheme: dark)';

/** The colours that a part of the style sheet names. */
function coloursOf(css: string): ReadonlyMap<string, string> {
  return new Map([...css.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]));
}

const [light = '', dark = ''] = CSS.slice(0, CSS.indexOf('* {')).split(DARK);
const SCHEMES = { light: coloursOf(light), dark: coloursOf(dark) };

/** Specification: WCAG 2.2, "relative luminance". */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function ratio(one: string, other: string): number {
  const [bright = 0, dim = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (bright + 0.05) / (dim + 0.05);
}

const GRADES = ['good', 'fair', 'poor', 'unknown'];
const TEXTS: readonly (readonly [string, string])[] = [
  ...['page', 'card', 'panel'].flatMap((ground) => ['text', 'quiet', 'link'].map((text) => [text, ground] as const)),
  ...GRADES.map((grade) => [grade, `${grade}-tint`] as const),
  ['text', 'unknown-tint'],
];
// What is no text but tells something: bars beside the sums' and the rows' ground, the border of the filter.
const SHAPES = [...GRADES.map((grade) => [`${grade}-bar`, 'card'] as const), ['quiet', 'page'] as const];

test.each(['light', 'dark'] as const)('in the %s scheme all texts have a contrast of 4.5 at least', (scheme) => {
  const colours = SCHEMES[scheme];
  const weak = TEXTS.filter(([text, ground]) => !(ratio(colours.get(text) ?? '', colours.get(ground) ?? '') >= 4.5));
  expect(weak).toEqual([]);
});

test.each(['light', 'dark'] as const)('in the %s scheme all shapes that tell something have one of 3', (scheme) => {
  const colours = SCHEMES[scheme];
  const weak = SHAPES.filter(([shape, ground]) => !(ratio(colours.get(shape) ?? '', colours.get(ground) ?? '') >= 3));
  expect(weak).toEqual([]);
});

test('the dark scheme has every colour that the light one has', () => {
  expect([...SCHEMES.dark.keys()]).toEqual([...SCHEMES.light.keys()]);
});

test('no colour is used but those with a name; print is white', () => {
  const rest = CSS.slice(CSS.indexOf('* {'));
  expect(rest.match(/#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(/g)).toEqual(['#ffffff']);
});
