import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { editJson, rawMembers, type JsonEdit } from '../../src/oci/edit-json.ts';

const ODD = '{ "b": 1.0, "a":[1e3 , 12345678901234567890,"\\u00e9\\ud83d\\ude00"],\n "x":{"}":"]\\"{"} }';

test.each<[what: string, text: string, edit: JsonEdit, wanted: string]>([
  ['a value', ODD, { path: ['b'], json: '2' }, ODD.replace('1.0', '2')],
  ['an element', ODD, { path: ['a', 1], json: 'null' }, ODD.replace('12345678901234567890', 'null')],
  ['behind brackets in texts', ODD, { path: ['x', '}'], json: '0' }, ODD.replace('"]\\"{"', '0')],
  ['a new key', ODD, { path: ['x', 'n'], json: '"v"' }, ODD.replace('{"}', '{"}').replace('"{"}', '"{","n":"v"}')],
  ['a new key in nothing', '{"a":{ }}', { path: ['a', 'b'], json: '1' }, '{"a":{"b":1 }}'],
  ['the first key away', '{"a":1, "b":2}', { path: ['a'], json: null }, '{"b":2}'],
  ['the last key away', '{"a":1, "b":2}', { path: ['b'], json: null }, '{"a":1}'],
  ['the only key away', '{"a":1}', { path: ['a'], json: null }, '{}'],
  ['an element away', '[1, 2, 3]', { path: [1], json: null }, '[1, 3]'],
  ['a key that is not there away', '{"a":1}', { path: ['b'], json: null }, '{"a":1}'],
  ['the whole document', ' [1] ', { path: [], json: '{}' }, ' {} '],
  ['an escaped key', '{"\\u0061":1}', { path: ['a'], json: '2' }, '{"\\u0061":2}'],
])('edits %s and nothing else', (_, text, edit, wanted) => {
  expect(editJson(text, [edit])).toBe(wanted);
});

test('edits follow one another', () => {
  const edits = [
    { path: ['a'], json: '{}' },
    { path: ['a', 'b'], json: '[1]' },
    { path: ['a', 'b', 0], json: '2' },
  ];
  expect(editJson('{}', edits)).toBe('{"a":{"b":[2]}}');
});

test.each([[['a', 'b']], [['c', 'd']], [['l', 3]]])('a path that leads nowhere is refused: %j', (path) => {
  expect(() => editJson('{"a":1,"l":[]}', [{ path, json: '1' }])).toThrow(RangeError);
});

test('raw members keep their text', () => {
  expect([...rawMembers('{"b": 1.0, "a" :{"x": [ ]}}')]).toEqual([
    ['b', '1.0'],
    ['a', '{"x": [ ]}'],
  ]);
});

test('an edit is what it is in the parsed document', () => {
  const property = fc.property(
    fc.dictionary(fc.string(), fc.jsonValue()),
    fc.string(),
    fc.jsonValue(),
    (object, key, value) => {
      fc.pre(key !== '__proto__' && !Object.hasOwn(object, '__proto__'));
      const edited = editJson(JSON.stringify(object, null, 1), [{ path: [key], json: JSON.stringify(value) }]);
      expect(JSON.parse(edited)).toEqual(JSON.parse(JSON.stringify({ ...object, [key]: value })));
    },
  );
  fc.assert(property, { numRuns: 200 });
});
