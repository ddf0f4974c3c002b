import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture, makeFolder } from '../../support/archives.ts';
import { runInProcess } from '../../support/context.ts';

test.each([
  ['docker-20.10-save.tar', 'docker-archive'],
  ['docker-20.10-save-multi.tar', 'docker-archive'],
  ['podman-save-docker-archive.tar', 'docker-archive'],
  ['skopeo-docker-archive.tar', 'docker-archive'],
  ['nix-stream-layered.tar', 'docker-archive'],
  // With an index.json it is a layout.
  ['docker-28-overlay2-save.tar', 'oci'],
])('%s, unpacked into a folder, holds the same images', async (name, format) => {
  const cwd = await makeFolder();
  await mkdir(join(cwd, 'x'));
  execFileSync('tar', ['-xf', fixture(name), '-C', join(cwd, 'x')]);
  const verified = await runInProcess(['verify', 'x'], { cwd });
  expect({ exitCode: verified.exitCode, stderr: verified.stderr }).toMatchObject({ exitCode: 0 });
  const [folder, file] = await Promise.all(
    ['x', fixture(name)].map(async (source) => {
      const { stdout } = await runInProcess(['inspect', source, '--json'], { cwd });
      return JSON.parse(stdout);
    }),
  );
  expect(folder.format).toBe(format);
  const images = (view: { images: readonly { config: object }[] }) => view.images.map(({ config }) => config);
  expect(images(folder)).toEqual(images(file));
  const converted = await runInProcess(['convert', 'x', 'y.tar', '--to', 'docker-archive'], { cwd });
  expect(converted).toMatchObject({ exitCode: 0 });
});

test('who reads it', async () => {
  const cwd = await makeFolder();
  execFileSync('tar', ['-xf', fixture('docker-20.10-save.tar'), '-C', cwd]);
  const { stdout } = await runInProcess(['inspect', '.', '--json'], { cwd });
  expect(JSON.parse(stdout).consumers.filter(({ reads }: { reads: boolean }) => reads)).toEqual([]);
});
