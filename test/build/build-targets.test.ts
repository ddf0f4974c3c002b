import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildTargets, type BuildOptions } from '../../src/build/build-targets.ts';
import { createObtain } from '../../src/prebuilt/obtain.ts';
import { makeFolder, SIGNAL } from '../support/archives.ts';
import { makeDeps } from '../support/obtain-deps.ts';
import { makeFile, makeRecipe, makeTarget } from '../support/workspace-values.ts';

async function prepare(more: Partial<BuildOptions> = {}) {
  const root = await makeFolder();
  const { deps, journal } = makeDeps(root);
  const { cacheFolder, progress } = deps;
  const obtain = createObtain(deps);
  const options = { root, cacheFolder, epochSeconds: 0, obtain, signal: SIGNAL, progress, parallel: 2, ...more };
  return { root, journal, options };
}

const targetOn = (platform: string, path: string | null = null) =>
  makeTarget({
    platform,
    build: {
      kind: 'prebuilt',
      program: makeFile(path === null ? { type: 'content', content: 'x\n' } : { type: 'path', path, sha256: null }),
    },
  });

test('every target has its archive, with a log beside it that says how it was made', async () => {
  const { root, journal, options } = await prepare();
  const recipe = makeRecipe(['linux/amd64', 'linux/arm64', 'linux/s390x'].map((each) => targetOn(each)));
  const { built, failures } = await buildTargets(recipe, recipe.targets, options);
  expect(failures).toEqual([]);
  expect(built.map(({ path }) => path)).toEqual([
    'out/tool/linux-amd64.oci.tar',
    'out/tool/linux-arm64.oci.tar',
    'out/tool/linux-s390x.oci.tar',
  ]);
  expect(await readFile(join(root, 'out/tool/linux-arm64.log'), 'utf8')).toBe(
    `tool 1.2.3 for linux/arm64, by the native builder\nbase scratch\n/bin/tool from the recipe\nmanifest ${built[1]?.digest}\n`,
  );
  expect(journal.tasks.map((text) => text.split(':')[0]).toSorted()).toEqual([
    'tool linux/amd64',
    'tool linux/arm64',
    'tool linux/s390x',
  ]);
});

test('one that fails does not keep the others from being built, and both are told', async () => {
  const { root, journal, options } = await prepare({ parallel: 1 });
  const recipe = makeRecipe([targetOn('linux/amd64', 'missing'), targetOn('linux/arm64')]);
  const { built, failures } = await buildTargets(recipe, recipe.targets, options);
  expect(built.map(({ path }) => path)).toEqual(['out/tool/linux-arm64.oci.tar']);
  expect(failures).toMatchObject([{ code: 'prebuilt.no-file', place: 'missing' }]);
  expect(await readdir(join(root, 'out/tool'))).toEqual(['linux-arm64.log', 'linux-arm64.oci.tar']);
  expect(journal.tasks[0]).toBe('tool linux/amd64: not built');
});

test('after an interruption nothing more is begun, and what runs comes to its end first', async () => {
  const controller = new AbortController();
  const { root, options } = await prepare({ parallel: 1, signal: controller.signal });
  let running = 0;
  const obtain: BuildOptions['obtain'] = async (source, platform) => {
    running++;
    controller.abort(new Error('enough'));
    const obtained = await options.obtain(source, platform);
    running--;
    return obtained;
  };
  const recipe = makeRecipe([targetOn('linux/amd64'), targetOn('linux/arm64')]);
  await expect(buildTargets(recipe, recipe.targets, { ...options, obtain })).rejects.toThrow('enough');
  expect(running).toBe(0);
  expect(await readdir(root)).not.toContain('out');
});
