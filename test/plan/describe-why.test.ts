import { expect, test } from 'vitest';
import { decideRecipes, type RecipeFacts } from '../../src/plan/decide.ts';
import { formatWhy } from '../../src/plan/describe-why.ts';
import { explainTarget } from '../../src/plan/explain.ts';
import { createStyle } from '../../src/report/style.ts';
import { factsOf, imageOf } from './plan-values.ts';

function explain(facts: RecipeFacts) {
  const [plan] = decideRecipes([facts]);
  if (plan === undefined) throw new Error('there is no plan');
  const targets = plan.targets.map((target) =>
    explainTarget(target, facts.inputs.get(target.platform), facts.published),
  );
  return { targets, text: formatWhy(plan, targets, createStyle(false)) };
}

test('what changed comes first, with the lines around it; targets that differ in nothing else are united', () => {
  const lines = ['FROM alpine:3.20', 'ENV A=1', 'RUN apk add tar', 'USER tool', 'CMD ["tool"]', ''];
  const old = { builder: 'buildx', dockerfile: lines.join('\n'), 'source tree': 'a'.repeat(40) };
  const fresh = { ...old, dockerfile: lines.toSpliced(2, 1, 'RUN apk add tar xz').join('\n') };
  const on = (platform: string, leaves: typeof old) => ({ ...leaves, platform });
  const image = imageOf('registry.example.com/tool:1', {
    'linux/amd64': on('linux/amd64', old),
    'linux/arm64': on('linux/arm64', old),
    'linux/s390x': on('linux/s390x', fresh),
  });
  const inputs = Object.fromEntries([...image.platforms.keys()].map((platform) => [platform, on(platform, fresh)]));
  const { targets, text } = explain(
    factsOf('tool', inputs, image, {
      lock: { state: 'stale', changes: [] },
      moves: [{ upstream: 'https://e.org/x.git tag v*', old: 'c'.repeat(40), new: 'd'.repeat(40), hasSameTree: false }],
    }),
  );
  const [amd64, arm64, s390x] = targets.map(({ published, recordedHash, inputHash }) => {
    const name = `registry.example.com/tool:1@${published?.digest}`;
    return { name, hash: recordedHash === inputHash ? inputHash : `${recordedHash} -> ${inputHash}` };
  });
  expect(text).toBe(`tool linux/amd64, linux/arm64: ~ rebuild
  dockerfile changed
  linux/amd64
    image:      ${amd64?.name}
    input hash: ${amd64?.hash}
  linux/arm64
    image:      ${arm64?.name}
    input hash: ${arm64?.hash}
  changed:
    dockerfile:
        FROM alpine:3.20
        ENV A=1
      - RUN apk add tar
      + RUN apk add tar xz
        USER tool
        CMD ["tool"]
  unchanged:
    builder: buildx
    source tree: aaaaaaaaaaaa

tool linux/s390x: = skip
  nothing that decides the image has changed
  image:      ${s390x?.name}
  input hash: ${s390x?.hash}
  unchanged:
    builder: buildx
    dockerfile: (5 lines)
    source tree: aaaaaaaaaaaa

https://e.org/x.git tag v*: cccccccccccc..dddddddddddd
tool: it was changed since it was locked: run \`forkwright lock tool\`
`);
});

test('without a record all that it would be built from is listed, and what is not locked apart from it', () => {
  const leaves = { builder: 'native', 'image alpine': 'not locked' };
  const { targets, text } = explain(factsOf('tool', { a: leaves }, null));
  expect(text).toBe(`tool a: ? unknown
  image alpine is not locked
  not locked:
    image alpine: not locked
  built from:
    builder: native
`);
  expect(targets[0]?.leaves).toEqual([
    { leaf: 'builder', state: 'unknown', old: null, new: 'native' },
    { leaf: 'image alpine', state: 'open', old: null, new: 'not locked' },
  ]);
});

test('of a target whose inputs are not known there is the reason alone', () => {
  const { text } = explain(factsOf('tool', { a: {} }, null, { inputs: new Map(), obstacle: 'the host is gone' }));
  expect(text).toBe('tool a: ? unknown\n  the host is gone\n');
});

test('a leaf that is gone, and one that is new', () => {
  const image = imageOf('tool:1', { a: { 'package tar': '1.35-r2', builder: 'buildx' } });
  const { targets } = explain(factsOf('tool', { a: { builder: 'buildx', 'patch 1': 'sha256:1' } }, image));
  expect(targets[0]?.leaves).toEqual([
    { leaf: 'package tar', state: 'changed', old: '1.35-r2', new: null },
    { leaf: 'patch 1', state: 'changed', old: null, new: 'sha256:1' },
    { leaf: 'builder', state: 'same', old: 'buildx', new: 'buildx' },
  ]);
});
