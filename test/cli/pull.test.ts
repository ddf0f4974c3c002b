import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture, makeFolder } from '../support/archives.ts';
import { runInProcess } from '../support/context.ts';
import type { TestRegistry } from '../support/registry/open-registry.ts';
import { seedFromLayout } from '../support/registry/seed-from-layout.ts';
import { startRegistry } from '../support/registry/registry.ts';

const DIGEST = 'sha256:fcf996fd0b0b2d6435f9e728d6d915e417987c2db06433d3201f38682bc24aae';

async function startWithIndex(): Promise<TestRegistry> {
  const registry = await startRegistry();
  await seedFromLayout(registry.repository('zoo'), fixture('buildx-oci-multi-attested.tar'), '1');
  return registry;
}

test('an index becomes an archive with the same digest', async () => {
  const registry = await startWithIndex();
  const cwd = await makeFolder();
  const { exitCode, stdout, stderr } = await runInProcess(['pull', `${registry.host}/zoo:1`, 'zoo.tar'], { cwd });
  expect([exitCode, stderr.split('\n')]).toEqual([0, [`pulling ${registry.host}/zoo:1: 185.0 KiB (0.0 s)`, '']]);
  expect(stdout).toMatch(new RegExp(`^platform +digest +size\nlinux/amd64 +sha256:a81b3e53061b +26.1 KiB\n`));
  expect(stdout).toMatch(new RegExp(`\nzoo.tar ${DIGEST} 185.0 KiB\n$`));
  const { stdout: shown } = await runInProcess(['inspect', 'zoo.tar', '--json'], { cwd });
  expect(JSON.parse(shown)).toMatchObject({ format: 'oci-archive', index: { digest: DIGEST }, findings: [] });
});

test.each([
  ['zoo', [], 'oci'],
  ['zoo.tar', ['--to', 'docker-archive', '--platform', 'linux/arm64'], 'docker-archive'],
  ['zoo.tar', ['--to', 'docker-archive-legacy', '--platform', 'linux/arm64'], 'docker-archive'],
  ['zoo', ['--to', 'oci-archive'], 'oci-archive'],
])('pull to %s with %j', async (output, options, format) => {
  const registry = await startWithIndex();
  const cwd = await makeFolder();
  const run = await runInProcess(['pull', `docker://${registry.host}/zoo:1`, output, ...options], { cwd });
  expect(run.exitCode).toBe(0);
  expect(await readdir(cwd)).toEqual([output]);
  const { stdout } = await runInProcess(['inspect', output, '--json'], { cwd });
  expect(JSON.parse(stdout)).toMatchObject({ format });
  expect(stdout).toContain(`"${registry.host}/zoo:1"`);
});

test.each([
  [['zoo:1', '-'], /convert docker:\/\/REF - --to oci-archive/],
  [['zoo:1', 'zoo.tar.gz'], /call it \.tar/],
  [['zoo:1', 'full'], /\[archive\.refuses-folder\]/],
  [['zoo:2', 'zoo.tar'], /\[registry\.not-found\]/],
  [['zoo:1', 'zoo.tar', '--platform', 'linux/riscv64'], /it has linux\/amd64/],
  [['zoo:1', 'zoo.tar', '--to', 'rootfs'], /\[convert\.several-images\]/],
])('pull %j writes nothing and ends with 2', async ([name = '', ...argv], text) => {
  const registry = await startWithIndex();
  const cwd = await makeFolder();
  await runInProcess(['pull', `${registry.host}/zoo:1`, 'full'], { cwd });
  await writeFile(join(cwd, 'full/mine'), '');
  const { exitCode, stderr } = await runInProcess(['pull', `${registry.host}/${name}`, ...argv], { cwd });
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(text);
  expect((await readdir(cwd)).filter((entry) => !entry.startsWith('.'))).toEqual(['full']);
});

test('images of registries are read like archives', async () => {
  const registry = await startWithIndex();
  const cwd = await makeFolder();
  const name = `${registry.host}/zoo:1`;
  const run = (...argv: string[]) => runInProcess(argv, { cwd });
  expect((await run('inspect', name)).stdout).toMatch(/^\S+: registry, 153.2 KiB\n/);
  expect((await run('verify', `docker://${name}`)).stderr).toContain('[program.wrong-machine]');
  expect((await run('convert', name, 'a.tar', '--to', 'oci-archive')).exitCode).toBe(0);
  expect((await run('assemble', name, '--output', 'b.tar')).exitCode).toBe(0);
  expect((await run('extract', name, '/data', '--platform', 'linux/arm64', '--output', 'c.tar')).exitCode).toBe(0);
  expect((await run('inspect', name, '--files', '--platform', 'linux/arm64')).stdout).toContain('/bin/tool');
  const { stdout } = await run('inspect', 'a.tar', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ index: { digest: DIGEST } });
});

test('a mirror of the environment, or of the workspace, is asked in place of the registry', async () => {
  const registry = await startRegistry();
  await seedFromLayout(registry.repository('hub/library/zoo'), fixture('buildx-oci.tar'), '1');
  const cwd = await makeFolder();
  const mirror = `${registry.host}/hub`;
  const byEnvironment = { cwd, env: { HOME: cwd, FORKWRIGHT_MIRRORS: `docker.io=${mirror}` } };
  const { exitCode, stdout } = await runInProcess(['inspect', 'zoo:1'], byEnvironment);
  expect([exitCode, stdout.split('\n')[1]]).toEqual([0, 'docker.io/library/zoo:1']);
  await writeFile(join(cwd, 'forkwright.yaml'), `mirrors: { docker.io: "${mirror}" }\n`);
  expect((await runInProcess(['pull', 'zoo:1', 'out'], { cwd })).exitCode).toBe(0);
});

test('what was taken for an image says so when there is none', async () => {
  const registry = await startRegistry();
  const name = `${registry.host}/nothing:1`;
  const { exitCode, stderr } = await runInProcess(['inspect', name], { cwd: await makeFolder() });
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`there is no file or folder "${name}", so it was taken for an image of a registry`);
});
