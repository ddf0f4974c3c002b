import { expect, test } from 'vitest';
import { rewriteConfig } from '../../../src/image/convert/rewrite-config.ts';
import { digestOf } from '../../../src/oci/digest.ts';

const DIFF = digestOf('flat');
const PLACE = 'x.tar: config';

function rewrite(text: string, groups: readonly (readonly number[])[], created: string | null = null) {
  const diffIds = groups.map(() => DIFF);
  const history = { groups, createdBy: 'forkwright flatten' };
  const { raw, findings } = rewriteConfig(Buffer.from(text), { diffIds, history, created, place: PLACE });
  return { text: raw.toString(), findings };
}

test('every byte that has nothing to do with layers stays', () => {
  const text = `{ "architecture":"amd64","os":"linux", "x-unknown": 12345678901234567890, "created":"2026-01-02T03:04:05Z",
  "config": {"Healthcheck":{"Test":["CMD","a\\u002fb"],"Interval":30000000000},"Env":["A=1"]},
  "history":[{"created_by":"one","x":1.0},{"created_by":"ENV","empty_layer":true},{"created_by":"two","empty_layer":false}],
  "rootfs": {"type":"layers", "diff_ids":["${digestOf('1')}","${digestOf('2')}"]} }`;
  const expected = text
    .replace(/\["sha256[^\]]*\]/, `["${DIFF}"]`)
    .replace('"x":1.0', '"x":1.0,"empty_layer":true')
    .replace('"two","empty_layer":false}', '"two","empty_layer":true}')
    .replace('},{"created_by":"ENV"', '},{"created_by":"ENV"')
    .replace(
      '"two","empty_layer":true}',
      '"two","empty_layer":true},{"created":"2026-01-02T03:04:05Z","created_by":"forkwright flatten"}',
    );
  expect(rewrite(text, [[0, 1]])).toEqual({ text: expected, findings: [] });
});

const ROOTFS = `"rootfs":{"type":"layers","diff_ids":["${DIFF}"]}`;

test.each<{ name: string; history: string; groups: number[][]; expected: string }>([
  {
    name: 'only the merged layers',
    history: '[{"created_by":"a"},{"created_by":"b"},{"created_by":"c"}]',
    groups: [[0], [1, 2]],
    expected:
      '[{"created_by":"a"},{"created_by":"b","empty_layer":true},{"created_by":"c","empty_layer":true},{"created_by":"forkwright flatten"}]',
  },
  {
    name: 'nothing where nothing was merged',
    history: '[{"created_by":"a"}]',
    groups: [[0]],
    expected: '[{"created_by":"a"}]',
  },
  {
    name: 'a history that does not fit the layers',
    history: '[{"created_by":"a"}]',
    groups: [[0, 1]],
    expected: '[{"created_by":"a","empty_layer":true},{"created_by":"forkwright flatten"}]',
  },
  { name: 'no history', history: 'null', groups: [[0, 1]], expected: '[{"created_by":"forkwright flatten"}]' },
])('the history: $name', ({ history, groups, expected }) => {
  const { text } = rewrite(`{"history":${history},${ROOTFS}}`, groups);
  expect(text).toContain(`{"history":${expected},`);
});

test('SOURCE_DATE_EPOCH is the time of the image and of the new entry', () => {
  expect(rewrite(`{${ROOTFS},"created":"2026-01-02T03:04:05Z"}`, [[0, 1]], '1970-01-01T00:00:00Z').text).toBe(
    `{${ROOTFS},"created":"1970-01-01T00:00:00Z","history":[{"created":"1970-01-01T00:00:00Z","created_by":"forkwright flatten"}]}`,
  );
});

test('of a variable that is named twice the last value stays, and is said', () => {
  const { text, findings } = rewrite(`{${ROOTFS},"config":{"Env":["A=1","B=2","A=3=4","C"]}}`, [[0, 1]]);
  expect(text).toContain('"config":{"Env":["B=2","A=3=4","C"]}');
  expect(findings).toEqual([
    {
      code: 'config.env-resolved',
      severity: 'note',
      place: PLACE,
      text: 'the environment had A several times; the last one is kept: "A=3=4"',
      hint: null,
    },
  ]);
});
