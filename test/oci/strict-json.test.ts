import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ForkwrightError } from '../../src/errors.ts';
import { parseStrictJson, type JsonValue } from '../../src/oci/strict-json.ts';

const parse = (text: string | Uint8Array) => parseStrictJson(Buffer.from(text), 'x.tar: index.json');

test('every kind of value', () => {
  const value = parse(' {"a": [1, -2.5e3, true, false, null, "\\u00e9\\n\\ud83d\\ude00/"], "b": {}, "c": []} ');
  expect(value).toEqual(
    new Map<string, JsonValue>([
      ['a', [1, -2500, true, false, null, 'é\n😀/']],
      ['b', new Map()],
      ['c', []],
    ]),
  );
});

test.each([
  ['', 'the end at byte 0'],
  ['{"a":1}x', '"x" behind the end of the value at byte 7'],
  ['{"a":1} {}', '"{" behind the end of the value at byte 8'],
  ['{"a":1,"a":2}', 'the key "a" a second time at byte 7'],
  ['{"a":1,"\\u0061":2}', 'the key "a" a second time at byte 7'],
  ['{"manifests":[],"Manifests":[]}', 'the key "Manifests" a second time in other case at byte 16'],
  ['{"layers":[],"layerſ":[]}', 'the key "layerſ" a second time in other case at byte 13'],
  ['{"__proto__":{}}', 'the key "__proto__" at byte 1'],
  ['{"a":1,}', '"}" instead of a key at byte 7'],
  ['{a:1}', '"a" instead of a key at byte 1'],
  ['{"a" 1}', '"1" instead of ":" at byte 5'],
  ['{"a":1 "b":2}', '"\\"" instead of "," or "}" at byte 7'],
  ['[1 2]', '"2" instead of "," or "]" at byte 3'],
  ['[1', 'the end instead of "," or "]" at byte 2'],
  ['01', '"1" behind the end of the value at byte 1'],
  ['+1', '"+" at byte 0'],
  ['NaN', '"N" at byte 0'],
  ['tru', '"t" at byte 0'],
  ["'a'", '"\'" at byte 0'],
  ['"a', 'a text without an end at byte 2'],
  ['"a\nb"', 'a control character in a text at byte 2'],
  ['"\\x41"', 'an unknown escape at byte 1'],
  ['"\\u00e"', 'an unknown escape at byte 1'],
  ['"\\ud800"', 'half a surrogate pair in a text at byte 0'],
  ['"ééé" x', '"x" behind the end of the value at byte 9'],
  ['\ufeff{}', 'a byte order mark at byte 0'],
  ['// c\n{}', '"/" at byte 0'],
  ['['.repeat(65), 'more than 64 levels at byte 64'],
])('%j is refused', (text, why) => {
  expect(() => parse(text)).toThrow(
    new ForkwrightError('json.malformed', `not the JSON it should be: ${why}`, { place: 'x.tar: index.json' }),
  );
});

test('invalid UTF-8 is refused', () => {
  expect(() => parse(Buffer.from([0x22, 0xff, 0x22]))).toThrow('not the JSON it should be: invalid UTF-8');
});

test('free names may differ by case only', () => {
  const labels = { maintainer: 'a', Maintainer: 'b' };
  expect(parse(JSON.stringify({ Labels: labels }))).toEqual(new Map([['Labels', new Map(Object.entries(labels))]]));
  expect(() => parse('{"Labels":{"a":{"b":1,"B":2}}}')).toThrow('the key "B" a second time in other case');
});

test('a bomb of brackets ends quickly', () => {
  expect(() => parse('[{"a":'.repeat(500_000))).toThrow('more than 64 levels');
});

test('what JSON.stringify writes is read back', () => {
  const value = fc.jsonValue({ maxDepth: 5 }).filter((each) => isPlain(each));
  fc.assert(
    fc.property(value, (each) => {
      expect(toPlain(parse(JSON.stringify(each)))).toEqual(each);
    }),
  );
});

test('what is accepted, JSON.parse understands the same', () => {
  const alphabet = fc.constantFrom(
    ...'{}[]":,0123456789.eE+-\\utrfalsn \n'.split(''),
    'true',
    'null',
    '"a"',
    '\\u0041',
  );
  const text = fc.array(alphabet, { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (each) => {
      let value: JsonValue;
      try {
        value = parse(each);
      } catch (error) {
        expect(error).toBeInstanceOf(ForkwrightError);
        return;
      }
      expect(toPlain(value)).toEqual(JSON.parse(each));
    }),
    { numRuns: 2000 },
  );
});

function toPlain(value: JsonValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [key, toPlain(each)]));
  return Array.isArray(value) ? value.map(toPlain) : value;
}

/** Without what is refused on purpose: keys that collide, half characters, and -0, which JSON does not keep. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return !/\p{Surrogate}/u.test(value);
  if (typeof value === 'number') return !Object.is(value, -0);
  if (Array.isArray(value)) return value.every(isPlain);
  if (typeof value !== 'object' || value === null) return true;
  const keys = Object.keys(value);
  const folded = keys.map((key) => key.toUpperCase().toLowerCase());
  return (
    new Set(folded).size === keys.length &&
    !keys.includes('__proto__') &&
    keys.every(isPlain) &&
    Object.values(value).every(isPlain)
  );
}
