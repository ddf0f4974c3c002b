import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { goRecipe, makePlanBench, type PlanBench } from './plan-bench.ts';

/** Built without an engine, on the image of `tool`. */
const child = (host: string) => `name: child
version: "1"
image: { base: "${host}/tool:1" }
platforms: [linux/amd64, linux/arm64]
publish: { image: "{registry}/child" }
`;

async function makeFamily(): Promise<PlanBench> {
  const bench = await makePlanBench({ tool: goRecipe('tool') });
  await bench.write('recipes/child.yaml', child(bench.registry.host));
  await bench.commit({ 'main.go': 'package main\n' });
  await bench.forkwright('lock');
  await bench.publish('tool', '1');
  await bench.publish('child', '1');
  bench.takeRequests();
  return bench;
}

/** Without what differs from run to run. */
async function show(bench: PlanBench, ...argv: string[]): Promise<string> {
  const { exitCode, stdout } = await bench.forkwright('plan', ...argv);
  const text = stdout.replaceAll(bench.url, 'URL').replaceAll(bench.registry.host, 'HOST');
  return `${text.replace(/^Symbols:\n(?: .*\n)+\n/, '')}${exitCode}`;
}

const hide = (text: string) => text.replaceAll(/\b(?:sha256:)?[0-9a-f]{12}\b/g, '*');

test('nothing changed: one request for a recipe, one for an image, none for a commit that is known', async () => {
  const bench = await makeFamily();
  expect(await show(bench, '--exit-code')).toBe('No changes. 4 targets are what is published.\n0');
  const requests = bench.takeRequests().filter((request) => request !== 'GET /v2/');
  expect(requests.toSorted()).toEqual([
    'GET /v2/child/manifests/1',
    'GET /v2/tool/manifests/1',
    'HEAD /v2/library/alpine/manifests/3.20',
    'HEAD /v2/library/golang/manifests/1.24',
  ]);
  await rm(join(bench.folder, 'cache'), { recursive: true });
  expect(await show(bench)).toBe('No changes. 4 targets are what is published.\n0');
  expect(existsSync(join(bench.folder, 'cache', 'git'))).toBe(false);
  bench.takeRequests();
  expect(await show(bench, '--locked', 'child')).toBe(`child (HOST/child:1)
  = skip linux/amd64, linux/arm64: nothing that decides the image has changed

No changes. 4 targets are what is published.
0`);
  expect(bench.takeRequests().filter((request) => request.startsWith('HEAD'))).toEqual([]);
});

test('an upstream that moves: what is built from it, and what is built on that, in this order', async () => {
  const bench = await makeFamily();
  await bench.commit({ 'main.go': 'package main // more\n' });
  expect(hide(await show(bench, '--exit-code'))).toBe(`tool (HOST/tool:1)
  ~ rebuild linux/amd64, linux/arm64: source tree changed
      source tree: * -> *
    URL branch main: *..*
    its lock is behind what it follows: run \`forkwright lock --update upstream tool\`

child (HOST/child:1)
  ~ rebuild linux/amd64: tool is rebuilt
      recipe tool: * -> *
  ~ rebuild linux/arm64: tool is rebuilt
      recipe tool: * -> *
    its lock has to follow that of tool: run \`forkwright lock child\` behind it

Plan: 4 to build, 0 to skip, 0 unknown.
1`);
  expect(await show(bench, '--locked', '--exit-code')).toBe('No changes. 4 targets are what is published.\n0');
  // Nothing was written: what was said is still so.
  expect(await show(bench)).toContain('Plan: 4 to build');

  await bench.forkwright('lock', '--update', 'upstream', 'tool');
  expect(await show(bench, '--locked', 'tool')).toContain('Plan: 2 to build, 0 to skip, 0 unknown.');
  await bench.forkwright('lock');
  await bench.publish('tool', '1');
  await bench.publish('child', '1');
  expect(await show(bench, '--exit-code')).toBe('No changes. 4 targets are what is published.\n0');
});

test('a base that moves for one platform: that one alone; for a platform that is not built: none', async () => {
  const bench = await makePlanBench({ tool: goRecipe('tool') });
  await bench.commit({ 'main.go': 'package main\n' });
  await bench.forkwright('lock');
  await bench.publish('tool', '1');
  bench.moveBase('library/alpine', '3.20', 7, ['linux/s390x']);
  expect(await show(bench)).toBe('No changes. 2 targets are what is published.\n0');
  bench.moveBase('library/alpine', '3.20', 8, ['linux/arm64']);
  expect(hide(await show(bench))).toBe(`tool (HOST/tool:1)
  = skip linux/amd64: nothing that decides the image has changed
  ~ rebuild linux/arm64: image docker.io/library/alpine:3.20 changed
      image docker.io/library/alpine:3.20: * -> *
    its lock is behind what it follows: run \`forkwright lock --update base tool\`

Plan: 1 to build, 1 to skip, 0 unknown.
0`);
});

test('a commit that keeps the tree is no rebuild', async () => {
  const bench = await makeFamily();
  await bench.commit({}, 'A merge');
  expect(hide(await show(bench, '--exit-code'))).toBe(`tool (HOST/tool:1)
  = skip linux/amd64, linux/arm64: nothing that decides the image has changed
    URL branch main: *..*, the same files: only the provenance would change
    its lock is behind what it follows: run \`forkwright lock --update upstream tool\`

No changes. 4 targets are what is published.
0`);
});

test('a recipe that was changed since it was locked, and a patch', async () => {
  const bench = await makePlanBench({ tool: (url) => `${goRecipe('tool')(url)}patches: [0001-change.patch]\n` });
  await bench.commit({ 'main.go': 'package main\n' });
  await bench.formatPatch(await bench.commit({ 'main.go': 'package main // patched\n' }));
  bench.git('reset', '--quiet', '--hard', 'HEAD~1');
  await bench.forkwright('lock');
  await bench.publish('tool', '1');
  expect(await show(bench)).toBe('No changes. 2 targets are what is published.\n0');
  await bench.write(
    'recipes/tool.yaml',
    goRecipe('tool', 'patches: [0001-change.patch]\n')(bench.url).replace('[tar]', '[tar, xz]'),
  );
  await bench.write('patches/tool/0001-change.patch', 'another one\n');
  expect(hide(await show(bench, '--locked')).replaceAll(/sha256:\w+/g, '*')).toBe(`tool (HOST/tool:1)
  ~ rebuild linux/amd64, linux/arm64: dockerfile and patch 1 changed
      dockerfile:
        +       xz \\
      patch 1: * -> *
    it was changed since it was locked: run \`forkwright lock tool\`

Plan: 2 to build, 0 to skip, 0 unknown.
0`);
});

test('tags are asked for in their order, those of the lock at last, until one was built from the same', async () => {
  const recipe = (url: string) =>
    goRecipe('tool')(url).replace('version: "1"\n', '').replace('"{version}"', '"{version}", latest');
  const bench = await makePlanBench({ tool: recipe });
  const first = (await bench.commit({ 'main.go': 'package main\n' })).slice(0, 12);
  await bench.forkwright('lock');
  await bench.publish('tool', first);
  const second = (await bench.commit({}, 'A merge')).slice(0, 12);
  bench.takeRequests();
  expect(await show(bench)).toContain(`tool (HOST/tool:${first})\n  = skip linux/amd64, linux/arm64`);
  const asked = () => bench.takeRequests().filter((request) => request.includes('/tool/'));
  expect(asked()).toEqual([second, 'latest', first].map((tag) => `GET /v2/tool/manifests/${tag}`));
  await bench.publish('tool', 'latest');
  bench.takeRequests();
  await show(bench);
  expect(asked()).toEqual([second, 'latest'].map((tag) => `GET /v2/tool/manifests/${tag}`));
});

test('platforms that are new, and gone, and an image without records', async () => {
  const bench = await makePlanBench({ tool: goRecipe('tool') });
  await bench.commit({ 'main.go': 'package main\n' });
  await bench.forkwright('lock');
  await bench.publish('tool', '1', { more: ['linux/386'] });
  expect(await show(bench, '--exit-code')).toBe(`tool (HOST/tool:1)
  = skip linux/amd64, linux/arm64: nothing that decides the image has changed
  - drop linux/386

Plan: 0 to build, 2 to skip, 0 unknown; 1 platform to drop.
1`);
  const more = goRecipe('tool')(bench.url).replace('linux/arm64]', 'linux/arm64, linux/s390x]');
  await bench.write('recipes/tool.yaml', more);
  expect(await show(bench)).toContain('  + build linux/s390x: HOST/tool:1 does not have this platform\n');
  await bench.publish('tool', '1', { hasRecords: false });
  expect(await show(bench)).toBe(`tool (HOST/tool:1)
  ~ rebuild linux/amd64, linux/arm64, linux/s390x: HOST/tool:1 has no record of what it was built from
    it was changed since it was locked: run \`forkwright lock tool\`

Plan: 3 to build, 0 to skip, 0 unknown.
0`);
});

test('what is not published is looked for in out/', async () => {
  const local = `name: local
version: "1"
image: { base: scratch, files: [{ to: /etc/a, content: "a\\n" }] }
platforms: [linux/amd64, linux/arm64]
`;
  const bench = await makePlanBench({ local: () => local });
  await bench.forkwright('lock');
  expect(await show(bench)).toBe(`local
  + build linux/amd64, linux/arm64: it was not built yet

Plan: 2 to build, 0 to skip, 0 unknown.
0`);
  expect((await bench.forkwright('make')).exitCode).toBe(0);
  expect(await show(bench, '--exit-code')).toBe('No changes. 2 targets are what lies in out/.\n0');
  await bench.write('recipes/local.yaml', local.replace('"a', '"b'));
  expect(await show(bench)).toContain(
    'local (out/local/local.oci.tar)\n  ~ rebuild linux/amd64, linux/arm64: dockerfile changed',
  );
  expect(bench.takeRequests()).toEqual([]);
});

test('the document', async () => {
  const bench = await makePlanBench({ tool: (url) => goRecipe('tool')(url).replace(', linux/arm64]', ']') });
  await bench.commit({ 'main.go': 'package main\n' });
  await bench.forkwright('lock');
  await bench.publish('tool', '1');
  const old = bench.git('rev-parse', 'HEAD');
  const fresh = await bench.commit({ 'main.go': 'package main // more\n' });
  const { stdout, exitCode } = await bench.forkwright('plan', '--json');
  expect(exitCode).toBe(0);
  const trees = [old, fresh].map((commit) => bench.git('rev-parse', `${commit}^{tree}`));
  expect(JSON.parse(stdout)).toEqual({
    schema: 'forkwright.plan/v1',
    locked: false,
    counts: { build: 1, skip: 0, unknown: 0, drop: 0 },
    recipes: [
      {
        recipe: 'tool',
        parents: [],
        store: 'registry',
        published: `${bench.registry.host}/tool:1`,
        lock: {
          state: 'behind',
          changes: [
            { what: 'input hash linux/amd64', old: expect.any(String), new: expect.any(String) },
            { what: 'source date linux/amd64', old: expect.any(String), new: expect.any(String) },
            { what: `upstream ${bench.url} branch main`, old, new: fresh },
            { what: `upstream ${bench.url} branch main time`, old: expect.any(String), new: expect.any(String) },
            { what: `upstream ${bench.url} branch main tree`, old: trees[0], new: trees[1] },
            { what: `upstream ${bench.url} branch main version`, old: old.slice(0, 12), new: fresh.slice(0, 12) },
          ],
        },
        targets: [
          {
            platform: 'linux/amd64',
            action: 'build',
            reason: 'source tree changed',
            inputHash: expect.stringMatching(/^sha256:/),
            published: { name: `${bench.registry.host}/tool:1`, digest: expect.stringMatching(/^sha256:/) },
            changes: [{ leaf: 'source tree', old: trees[0], new: trees[1] }],
          },
        ],
        dropped: [],
        moves: [{ upstream: `${bench.url} branch main`, old, new: fresh, hasSameTree: false }],
      },
    ],
    findings: [],
  });
});
