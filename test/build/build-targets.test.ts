import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildTargets, type BuildTarget } from '../../src/build/build-targets.ts';
import { buildNativeTarget, type NativeOptions } from '../../src/build/native.ts';
import { createObtain } from '../../src/prebuilt/obtain.ts';
import { makeFolder, SIGNAL } from '../support/archives.ts';
import { makeDeps } from '../support/obtain-deps.ts';
import { makeFile, makeTarget } from '../support/workspace-values.ts';

async function prepare(more: { readonly parallel?: number; readonly signal?: AbortSignal } = {}) {
  const root = await makeFolder();
  const { deps, journal } = makeDeps(root);
  const { cacheFolder, images, progress, signal } = { ...deps, signal: more.signal ?? SIGNAL };
  const native = { root, cacheFolder, epochSeconds: 0, obtain: createObtain(deps), images, signal };
  const build: BuildTarget = (target) => buildNativeTarget(target, native);
  return { root, journal, native, build, options: { progress, signal: SIGNAL, parallel: 2, ...more } };
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
  const { root, journal, build, options } = await prepare();
  const targets = ['linux/amd64', 'linux/arm64', 'linux/s390x'].map((each) => targetOn(each));
  const { built, failures } = await buildTargets(targets, build, options);
  expect(failures).toEqual([]);
  expect(built.map(({ target, archive }) => [target.slug, archive.path])).toEqual([
    ['linux-amd64', 'out/tool/linux-amd64.oci.tar'],
    ['linux-arm64', 'out/tool/linux-arm64.oci.tar'],
    ['linux-s390x', 'out/tool/linux-s390x.oci.tar'],
  ]);
  expect(await readFile(join(root, 'out/tool/linux-arm64.log'), 'utf8')).toBe(
    `tool 1.2.3 for linux/arm64, by the native builder\nbase scratch\n/bin/tool from the recipe\nmanifest ${built[1]?.archive.digest}\n`,
  );
  expect(journal.tasks.map((text) => text.split(':')[0]).toSorted()).toEqual([
    'tool linux/amd64',
    'tool linux/arm64',
    'tool linux/s390x',
  ]);
});

test('one that fails does not keep the others from being built, and both are told', async () => {
  const { root, journal, build, options } = await prepare({ parallel: 1 });
  const targets = [targetOn('linux/amd64', 'missing'), targetOn('linux/arm64')];
  const { built, failures } = await buildTargets(targets, build, options);
  expect(built.map(({ archive }) => archive.path)).toEqual(['out/tool/linux-arm64.oci.tar']);
  expect(failures).toMatchObject([{ code: 'prebuilt.no-file', place: 'missing' }]);
  expect(await readdir(join(root, 'out/tool'))).toEqual(['linux-arm64.log', 'linux-arm64.oci.tar']);
  expect(journal.tasks[0]).toBe('tool linux/amd64: not built');
});

test('after an interruption nothing more is begun, and what runs comes to its end first', async () => {
  const controller = new AbortController();
  const { root, native, options } = await prepare({ parallel: 1, signal: controller.signal });
  let running = 0;
  const obtain: NativeOptions['obtain'] = async (source, platform) => {
    running++;
    controller.abort(new Error('enough'));
    const obtained = await native.obtain(source, platform);
    running--;
    return obtained;
  };
  const targets = [targetOn('linux/amd64'), targetOn('linux/arm64')];
  const build: BuildTarget = (target) => buildNativeTarget(target, { ...native, obtain });
  await expect(buildTargets(targets, build, options)).rejects.toThrow('enough');
  expect(running).toBe(0);
  expect(await readdir(root)).not.toContain('out');
});
