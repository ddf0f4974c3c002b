import { expect, test } from 'vitest';
import { formatCreated, readSourceDateEpoch } from '../../src/build/source-date.ts';

test.each([
  [undefined, null],
  ['', null],
  ['0', 0],
  ['1700000000', 1_700_000_000],
  ['8589934591', 8 ** 11 - 1],
])('SOURCE_DATE_EPOCH %j', (text, seconds) => {
  expect(readSourceDateEpoch({ SOURCE_DATE_EPOCH: text })).toBe(seconds);
});

test.each(['-1', '1.5', '1e9', ' 1', 'now', '8589934592'])('SOURCE_DATE_EPOCH %j is refused', (text) => {
  expect(() => readSourceDateEpoch({ SOURCE_DATE_EPOCH: text })).toThrow(
    expect.objectContaining({
      code: 'build.source-date-epoch',
      message: `SOURCE_DATE_EPOCH is ${JSON.stringify(text)}`,
      hint: 'give it as whole seconds since 1970, for example: git log -1 --format=%ct',
    }),
  );
});

test('the time of an image has no fraction', () => {
  expect(formatCreated(1_700_000_000)).toBe('2023-11-14T22:13:20Z');
});
