import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture, makeFolder } from '../support/archives.ts';
import { runInProcess } from '../support/context.ts';

const ROOTFS = fixture('buildx-tar.rootfs.tar');
const CONFIG = fixture('zoo-1.config.json');

async function makeWorkspace(): Promise<string> {
  const root = await makeFolder();
  await mkdir(join(root, 'recipes'));
  await writeFile(join(root, 'forkwright.yaml'), 'registry: registry.example.org\n');
  const recipe = [
    'name: zoo',
    'description: A tool that echoes',
    'version: "1"',
    'image:',
    '  base: scratch',
    '  entrypoint: [/bin/tool, echo, "it\'s $HOME"]',
    '  env: {LANG: C.UTF-8}',
    '  user: "1234"',
    'platforms: [linux/amd64, linux/arm64]',
    'publish: {image: "{registry}/zoo"}',
  ];
  await writeFile(join(root, 'recipes/zoo.yaml'), `${recipe.join('\n')}\n`);
  return root;
}

test('a root filesystem without a config: what is gone, and what gives it back', async () => {
  const root = await makeWorkspace();
  const bare = await runInProcess(['verify', ROOTFS], { cwd: root });
  expect(bare.exitCode).toBe(2);
  expect(bare.stderr).toContain('all other configuration are gone [archive.no-config]');
  const known = await runInProcess(['verify', ROOTFS, '--recipe', 'zoo'], { cwd: root });
  expect(known.exitCode).toBe(2);
  const lines = known.stderr.split('\n').map((line) => line.trim());
  expect(lines.find((line) => line.startsWith('docker import'))).toMatch(
    String.raw`docker import --platform linux/amd64 --change 'ENV LANG="C.UTF-8"' --change 'USER 1234' ` +
      String.raw`--change 'ENTRYPOINT ["/bin/tool", "echo", "it'\''s $HOME"]' `,
  );
  expect(lines.filter((line) => line.startsWith('docker import'))).toHaveLength(1);
  expect(known.stderr).toContain('--platform linux/amd64|linux/arm64');
});

test('with a recipe and a platform it is an image again', async () => {
  const root = await makeWorkspace();
  const argv = ['inspect', ROOTFS, '--recipe', 'zoo', '--platform', 'linux/amd64', '--json'];
  const { exitCode, stdout } = await runInProcess(argv, { cwd: root });
  expect(exitCode).toBe(0);
  expect(stdout).toContain('"/bin/tool",');
  expect(JSON.parse(stdout)).toMatchObject({ format: 'rootfs', findings: [] });
});

test('with a config it is an image again, which can be assembled with other archives', async () => {
  const root = await makeFolder();
  const arm64 = fixture('docker-28-containerd-save-arm64.tar');
  const argv = ['assemble', ROOTFS, arm64, '--config', CONFIG, '--output', 'zoo.tar'];
  expect(await runInProcess(argv, { cwd: root })).toMatchObject({ exitCode: 0 });
  const { stdout } = await runInProcess(['inspect', 'zoo.tar'], { cwd: root });
  expect(stdout).toMatch(/linux\/amd64[^]*entrypoint +\["\/bin\/tool","echo","entry"\][^]*linux\/arm64/);
});

test('what was given and is not needed is said', async () => {
  const argv = ['inspect', fixture('buildx-oci.tar'), '--platform', 'linux/arm64'];
  const { exitCode, stderr } = await runInProcess(argv, { cwd: '.' });
  expect(exitCode).toBe(0);
  expect(stderr).toContain('so --config and --platform are not used [archive.config-unused]');
});

test.each([
  [['inspect', ROOTFS, '--config', 'no.json'], 'no.json: error: the config cannot be read'],
  [
    ['assemble', ROOTFS, '--platform', 'other.tar=linux/amd64', '--output', 'x.tar'],
    'error: --platform other.tar=linux/amd64 is for none of the archives [assemble.unknown-archive]',
  ],
])('%j', async (argv, text) => {
  const { exitCode, stderr } = await runInProcess(argv, { cwd: await makeFolder() });
  expect(exitCode).toBe(2);
  expect(stderr).toContain(text);
});
