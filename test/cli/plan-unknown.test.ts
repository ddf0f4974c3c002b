import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { goRecipe, makePlanBench, type PlanBench } from './plan-bench.ts';

const LOCAL = `name: local
version: "1"
image: { base: scratch, files: [{ to: /etc/a, content: "a\\n" }] }
platforms: [linux/amd64]
`;

async function plan(bench: PlanBench, ...argv: string[]) {
  const { exitCode, stdout, stderr } = await bench.forkwright('plan', ...argv);
  const neutral = (text: string) => text.replaceAll(bench.url, 'URL').replaceAll(bench.registry.host, 'HOST');
  return {
    exitCode,
    text: neutral(stdout).replace(/^Symbols:\n(?: .*\n)+\n/, ''),
    errors: neutral(stderr)
      .split('\n')
      .filter((line) => /: (?:error|warning): /.test(line)),
  };
}

/** `tool` is published, `child` is built on it, and `local` on nothing. */
async function makeFamily(): Promise<PlanBench> {
  const bench = await makePlanBench({ tool: goRecipe('tool'), local: () => LOCAL });
  const child = `name: child\nversion: "1"\nimage: { base: "${bench.registry.host}/tool:1" }\nplatforms: [linux/amd64]\n`;
  await bench.write('recipes/child.yaml', child);
  await bench.commit({ 'main.go': 'package main\n' });
  await bench.forkwright('lock');
  await bench.publish('tool', '1');
  bench.takeRequests();
  return bench;
}

test('an upstream out of reach: what is built from it, and on that, is unknown; the rest is planned', async () => {
  const bench = await makeFamily();
  await rename(bench.upstreamFolder, `${bench.upstreamFolder}-gone`);
  const { exitCode, text, errors } = await plan(bench, '--exit-code');
  expect(exitCode).toBe(2);
  expect(text.replaceAll(/git cannot reach it: .*/g, 'git cannot reach it: …')).toBe(`tool
  ? unknown linux/amd64, linux/arm64: URL: git cannot reach it: …

child
  ? unknown linux/amd64: it is built on tool, and what that is built from is not known

local
  + build linux/amd64: it was not built yet

Plan: 1 to build, 0 to skip, 3 unknown.
`);
  expect(errors.map((line) => line.replace(/reach it: .* \[/, 'reach it: … ['))).toEqual([
    'recipes/child.yaml: warning: it is built on tool, which is not locked [lock.no-parent]',
    'recipes/tool.yaml: URL: error: git cannot reach it: … [upstream.unreachable]',
  ]);
  expect(bench.takeRequests().filter((request) => request.includes('/tool/'))).not.toContain(
    'GET /v2/tool/manifests/1',
  );
  // As it is locked nobody has to be asked.
  expect(await plan(bench, '--locked')).toMatchObject({ exitCode: 0, errors: [] });
});

test('a base that its registry does not have any more is unknown, and never taken as it was', async () => {
  const bench = await makeFamily();
  bench.registry.repository('library/alpine').tags.clear();
  const { exitCode, text, errors } = await plan(bench);
  expect(exitCode).toBe(2);
  expect(text).toContain('Plan: 1 to build, 0 to skip, 3 unknown.');
  expect(errors[1]).toMatch(/^recipes\/tool\.yaml: .*: error: .* 404 .* \[registry\.not-found\]$/);
});

test('a registry that does not let us look: unknown, with what it said', async () => {
  const bench = await makeFamily();
  bench.registry.fail({ path: /\/tool\/manifests/, times: 9, fault: { kind: 'status', status: 403, code: 'DENIED' } });
  const { exitCode, text, errors } = await plan(bench, 'tool');
  expect(exitCode).toBe(2);
  expect(text).toContain(
    '? unknown linux/amd64, linux/arm64: HOST/tool: reading the manifest 1: the registry answered 403',
  );
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(/^recipes\/tool\.yaml: HOST\/tool: error: .*\[registry\.denied\]$/);
  expect(bench.takeRequests().filter((request) => request.startsWith('GET /v2/tool/'))).toHaveLength(1);
});

test('what is published and no image is unknown', async () => {
  const bench = await makeFamily();
  const repository = bench.registry.repository('tool');
  const [digest] = repository.tags.values();
  const bytes = Buffer.from('{"schemaVersion":2}');
  if (digest === undefined) throw new Error('nothing was published');
  repository.manifests.set(digest, { bytes, mediaType: 'application/vnd.oci.image.index.v1+json' });
  expect(await plan(bench, 'tool')).toMatchObject({ exitCode: 2 });
});

test('no lock is how it is: nothing has failed', async () => {
  const bench = await makePlanBench({ tool: goRecipe('tool') });
  const missing = await plan(bench);
  expect(missing).toEqual({
    exitCode: 0,
    text: `tool
  ? unknown linux/amd64, linux/arm64: there is no lock
    it has no lock: run \`forkwright lock tool\`

Plan: 0 to build, 0 to skip, 2 unknown.
`,
    errors: ['recipes/tool.yaml: warning: there is no lock: what it would be built from is not known [lock.missing]'],
  });
  expect((await plan(bench, '--exit-code')).exitCode).toBe(1);
  expect(bench.takeRequests()).toEqual([]);
});

test('--locked: what the lock does not have is unknown, and asked of nobody', async () => {
  const bench = await makeFamily();
  await bench.write('recipes/tool.yaml', goRecipe('tool')(bench.url).replace('alpine:3.20', 'alpine:3.21'));
  const { exitCode, text, errors } = await plan(bench, '--locked', 'child');
  expect(exitCode).toBe(0);
  expect(text).toBe(`tool
  ? unknown linux/amd64, linux/arm64: image alpine:3.21 for linux/amd64, linux/arm64 is not locked
    it was changed since it was locked: run \`forkwright lock tool\`

child
  ? unknown linux/amd64: it is built on tool, and what that is built from is not known
    it was changed since it was locked: run \`forkwright lock child\`

Plan: 0 to build, 0 to skip, 3 unknown.
`);
  expect(errors.map((line) => line.replace(/.*\[/, '['))).toEqual(['[lock.no-parent]', '[lock.not-locked]']);
  expect(bench.takeRequests()).toEqual([]);
});

test('a patch that is gone is an error', async () => {
  const bench = await makePlanBench({ tool: goRecipe('tool', 'patches: [0001-change.patch]\n') });
  await bench.commit({ 'main.go': 'package main\n' });
  const path = await bench.formatPatch('HEAD');
  await bench.forkwright('lock');
  await rm(join(bench.root, path));
  const { exitCode, text, errors } = await plan(bench);
  expect(exitCode).toBe(2);
  expect(text).toContain(`: ${path}: the file cannot be read\n`);
  expect(errors).toEqual([expect.stringContaining('[lock.no-file]')]);
});

test.each<readonly [what: string, files: Readonly<Record<string, string>>, argv: readonly string[], exitCode: number]>([
  ['a faulty recipe', { 'recipes/bad.yaml': 'nme: bad\n' }, [], 1],
  ['a lock that cannot be read', { 'locks/tool.lock.yaml': 'format: 1\n' }, [], 1],
  ['a recipe that is not there', {}, ['tol'], 2],
])('%s: nothing is planned', async (_, files, argv, expected) => {
  const bench = await makePlanBench({ tool: goRecipe('tool') });
  for (const [path, text] of Object.entries(files)) await bench.write(path, text);
  const { exitCode, text } = await plan(bench, ...argv);
  expect([exitCode, text]).toEqual([expected, '']);
});
