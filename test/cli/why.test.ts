import { expect, test } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { goRecipe, makePlanBench, type PlanBench } from './plan-bench.ts';

async function makeBench(): Promise<PlanBench> {
  const bench = await makePlanBench({ tool: goRecipe('tool') });
  await bench.commit({ 'main.go': 'package main\n' });
  await bench.forkwright('lock');
  await bench.publish('tool', '1');
  return bench;
}

async function why(bench: PlanBench, ...argv: string[]) {
  const { exitCode, stdout, stderr } = await bench.forkwright('why', ...argv);
  const text = stdout.replaceAll(bench.url, 'URL').replaceAll(bench.registry.host, 'HOST');
  return { exitCode, text: text.replaceAll(/\b(?:sha256:)?[0-9a-f]{12}(?:[0-9a-f]{28,52})?\b/g, '*'), stderr };
}

test('one target: what changed, and all else that it is built from', async () => {
  const bench = await makeBench();
  await bench.commit({ 'main.go': 'package main // more\n' });
  bench.moveBase('library/alpine', '3.20', 7, ['linux/arm64']);
  expect(await why(bench, 'tool@linux/arm64')).toMatchObject({
    exitCode: 0,
    text: `tool linux/arm64: ~ rebuild
  image docker.io/library/alpine:3.20 and source tree changed
  image:      HOST/tool:1@*
  input hash: * -> *
  changed:
    image docker.io/library/alpine:3.20: * -> *
    source tree: * -> *
  unchanged:
    attestations: type=provenance,mode=min
    builder: buildx
    builder docker.io/library/golang:1.24 linux/amd64: *
    builder docker.io/library/golang:1.24 linux/arm64: *
    dockerfile: (19 lines)
    output: rewrite-timestamp=true

URL branch main: *..*
tool: its lock is behind what it follows: run \`forkwright lock --update upstream tool\` and \`forkwright lock --update base tool\`
`,
  });
  const all = await why(bench, 'tool');
  expect(all.text.match(/^tool .*$/gm)).toEqual(['tool linux/amd64: ~ rebuild', 'tool linux/arm64: ~ rebuild']);
});

test('against another image: of a registry, and in an archive', async () => {
  const bench = await makeBench();
  const before = await bench.publish('tool', 'old');
  await bench.commit({ 'main.go': 'package main // more\n' });
  await bench.forkwright('lock', '--update', 'upstream');
  await bench.publish('tool', '1');
  expect((await why(bench, 'tool@linux/amd64')).text).toContain('tool linux/amd64: = skip\n');
  const { host } = bench.registry;
  for (const name of [`${host}/tool:old`, `docker://${host}/tool@${before}`]) {
    const { text } = await why(bench, 'tool@linux/amd64', '--against', name);
    expect(text).toContain('tool linux/amd64: ~ rebuild\n  source tree changed\n');
  }
  await bench.forkwright('pull', `${host}/tool:old`, 'old.oci.tar');
  const { text } = await why(bench, 'tool@linux/amd64', '--against', 'old.oci.tar');
  expect(text).toContain('  source tree changed\n  image:      old.oci.tar@*\n');
});

test('the document', async () => {
  const bench = await makeBench();
  const first = bench.git('rev-parse', 'HEAD^{tree}');
  const old = bench.git('rev-parse', 'HEAD');
  const fresh = await bench.commit({ 'main.go': 'package main // more\n' });
  const { stdout } = await bench.forkwright('why', 'tool@linux/amd64', '--json');
  const document = JSON.parse(stdout) as {
    readonly targets: readonly [{ readonly leaves: readonly { readonly leaf: string; readonly state: string }[] }];
  };
  const { leaves, ...target } = document.targets[0];
  expect({ ...document, targets: [target] }).toEqual({
    schema: 'forkwright.why/v1',
    recipe: 'tool',
    parents: [],
    published: `${bench.registry.host}/tool:1`,
    lock: { state: 'behind', changes: expect.any(Array) },
    moves: [{ upstream: `${bench.url} branch main`, old, new: fresh, hasSameTree: false }],
    targets: [
      {
        platform: 'linux/amd64',
        action: 'build',
        reason: 'source tree changed',
        inputHash: expect.stringMatching(/^sha256:/),
        recordedHash: expect.stringMatching(/^sha256:/),
        published: { name: `${bench.registry.host}/tool:1`, digest: expect.stringMatching(/^sha256:/) },
      },
    ],
    findings: [],
  });
  expect(leaves[0]).toEqual({
    leaf: 'source tree',
    state: 'changed',
    old: first,
    new: bench.git('rev-parse', 'HEAD^{tree}'),
  });
  expect(leaves.slice(1).map(({ leaf, state }) => `${leaf}: ${state}`)).toEqual(
    [
      'attestations',
      'builder',
      'builder docker.io/library/golang:1.24 linux/amd64',
      'builder docker.io/library/golang:1.24 linux/arm64',
      'dockerfile',
      'image docker.io/library/alpine:3.20',
      'output',
      'platform',
    ].map((leaf) => `${leaf}: same`),
  );
});

test('what is not there, and what is misspelt, ends with 2', async () => {
  const bench = await makeBench();
  const absent = `${bench.registry.host}/tool@${digestOf('x')}`;
  const cases: readonly (readonly [argv: readonly string[], text: string])[] = [
    [['tool@linux/s390x'], 'tool is not built for linux/s390x [plan.no-platform]'],
    [['tool@linux/amd65'], '[platform.unknown]'],
    [['tol'], 'there is no recipe "tol" [recipe.unknown-name]'],
    [['tool', '--against', 'nothing.tar'], 'nothing.tar: error: there is no such image [plan.no-image]'],
    [['tool', '--against', absent], 'error: there is no such image [plan.no-image]'],
  ];
  for (const [argv, text] of cases) {
    const { exitCode, stderr } = await why(bench, ...argv);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(text)]);
  }
});

test('with what could not be found out it ends with 2', async () => {
  const bench = await makeBench();
  bench.registry.repository('library/alpine').tags.clear();
  const { exitCode, text } = await why(bench, 'tool');
  expect(exitCode).toBe(2);
  expect(text).toMatch(/^tool linux\/amd64, linux\/arm64: \? unknown\n {2}HOST\/library\/alpine: .*404.*\n$/);
});
