import { expect, test } from 'vitest';
import type { Finding } from '../../src/finding.ts';
import { countFindings, findingsToJson, formatFindings } from '../../src/report/findings.ts';
import { createStyle } from '../../src/report/style.ts';

const FAULT: Finding = {
  code: 'recipe.invalid-value',
  severity: 'error',
  place: 'recipes/kaniko.yaml:4:5',
  text: 'platforms[1]: "linux/arm6" is not a platform',
  hint: 'did you mean linux/arm/v6?',
  frame: '3 | platforms:\n4 |   - linux/arm6\n  |     ^',
};
const NOTE: Finding = { code: 'x.note', severity: 'note', place: '', text: 'by the way', hint: null };

test('a finding reads as compilers write it: place, severity, text, code, frame, hint', () => {
  expect(formatFindings([FAULT, NOTE], createStyle(false))).toBe(`\
recipes/kaniko.yaml:4:5: error: platforms[1]: "linux/arm6" is not a platform [recipe.invalid-value]
  3 | platforms:
  4 |   - linux/arm6
    |     ^
  hint: did you mean linux/arm/v6?
note: by the way [x.note]
`);
});

test('colour is added only where it is wanted', () => {
  expect(formatFindings([NOTE], createStyle(true))).toContain('\u001b[36mnote\u001b[39m');
});

test('counts name each severity once, errors first', () => {
  expect(countFindings([NOTE, FAULT, FAULT])).toBe('2 errors, 1 note');
  expect(countFindings([])).toBe('');
});

test('JSON has the five stable keys', () => {
  expect(findingsToJson([FAULT])).toEqual([
    {
      code: 'recipe.invalid-value',
      severity: 'error',
      place: 'recipes/kaniko.yaml:4:5',
      text: 'platforms[1]: "linux/arm6" is not a platform',
      hint: 'did you mean linux/arm/v6?',
    },
  ]);
});
