import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sourceCommand } from '../../src/cli/commands/source.ts';
import { makePlace, type Place } from '../source/repository.ts';
import { makeInvocation } from '../support/invocation.ts';

let place: Place;
beforeEach(async () => {
  place = await makePlace();
});
afterEach(() => place.remove());

async function writeRecipe(more: string, platforms = '[linux/amd64, linux/arm64]'): Promise<void> {
  const path = join(place.root, 'recipes/tool.yaml');
  await mkdir(dirname(path), { recursive: true });
  const build = 'build: { kind: go, image: "golang:1.22", package: ., output: /bin/tool }';
  const image = 'image: { base: scratch, entrypoint: [/bin/tool] }';
  await writeFile(path, `name: tool\nversion: "1"\n${build}\n${image}\nplatforms: ${platforms}\n${more}`);
}

function run(output = 'out/tool/source') {
  const env = { ...place.deps.env, FORKWRIGHT_CACHE: join(place.folder, 'cache') };
  return sourceCommand({ recipe: 'tool', output }, makeInvocation(place.root, { env, run: place.deps.run }));
}

test('source writes the folder and says what it is', async () => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  await place.commit({ 'a.txt': 'patched\n' });
  await place.formatPatch('HEAD');
  const epochSeconds = Number(place.git('log', '-1', '--format=%at'));
  const tree = place.git('rev-parse', 'HEAD^{tree}');
  await writeRecipe(
    `upstream: { git: "${place.url}", branch: main, commit: "${commit}" }\npatches: [0001-change.patch]\n`,
  );
  expect(await run()).toEqual({
    schema: 'forkwright.source/v1',
    json: {
      recipe: 'tool',
      path: 'out/tool/source',
      commit,
      tree,
      epochSeconds,
      patches: [{ path: 'patches/tool/0001-change.patch', state: 'applied' }],
    },
    text: `path   out/tool/source\ncommit ${commit}\ntree   ${tree}\nepoch  ${epochSeconds}\n`,
    findings: [],
  });
  expect(await readFile(join(place.root, 'out/tool/source/a.txt'), 'utf8')).toBe('patched\n');
});

test('without a commit there is one warning, with the commit', async () => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  await writeRecipe(`upstream: { git: "${place.url}", branch: main }\n`);
  const { findings } = await run();
  expect(findings).toMatchObject([
    { code: 'source.unpinned', hint: `run \`forkwright lock\`, or add upstream.commit: ${commit}` },
  ]);
});

test('recipes that name no source, or more than one', async () => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  const upstream = `upstream: { git: "${place.url}", branch: main, commit: "${commit}" }\n`;
  await writeRecipe(upstream, `[linux/amd64, { platform: linux/arm64, upstream: { commit: "${'1'.repeat(40)}" } }]`);
  await expect(run()).rejects.toMatchObject({
    code: 'source.several',
    message: 'linux/amd64 and linux/arm64 are built from different sources',
    place: 'recipes/tool.yaml',
  });
  await writeRecipe('');
  expect(await run()).toMatchObject({ exitCode: 2, findings: [{ code: 'recipe.missing-key', severity: 'error' }] });
  const text = 'name: tool\nversion: "1"\nimage: { base: scratch, entrypoint: [/x] }\nplatforms: [linux/amd64]\n';
  await writeFile(join(place.root, 'recipes/tool.yaml'), text);
  await expect(run()).rejects.toMatchObject({ code: 'source.no-upstream', message: 'the recipe has no upstream' });
  await rm(join(place.root, 'recipes/tool.yaml'));
  await expect(run()).rejects.toMatchObject({ code: 'recipe.unknown-name' });
});
