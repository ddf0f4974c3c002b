import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadWorkspace } from '../../src/recipe/load.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'forkwright-load-'));
  await mkdir(join(root, 'recipes'));
});
afterEach(() => rm(root, { recursive: true }));

const sound = (name: string) => `name: ${name}\nimage: {base: scratch}\nplatforms: [linux/amd64]\n`;

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [file, content] of Object.entries(files)) await writeFile(join(root, file), content);
}

async function load(filter?: readonly string[]) {
  const { workspace, findings } = await loadWorkspace(root, filter);
  return {
    names: workspace.recipes.map(({ name }) => name),
    findings: findings.map(({ place, code, text }) => `${place} ${code}: ${text}`),
  };
}

test('recipes are loaded by name, whatever their ending', async () => {
  await write({
    'recipes/b.yaml': sound('b'),
    'recipes/a.yml': sound('a'),
    'recipes/b-c.yaml': sound('b-c'),
    'recipes/README.md': 'not one',
    'recipes/.b.yaml.swp': 'not one',
    'recipes/.hidden.yaml': 'not one',
  });
  expect(await load()).toEqual({ names: ['a', 'b', 'b-c'], findings: [] });
});

test('the workspace is absolute, with the settings of forkwright.yaml', async () => {
  await write({
    'forkwright.yaml': `mirrors: {docker.io: "localhost:5000/hub"}
pipeline: {engine: shell, command: npx forkwright}
tools: {image: "busybox:1"}
`,
  });
  const { workspace } = await loadWorkspace(root);
  expect(workspace).toEqual({
    root,
    recipes: [],
    settings: {
      pipeline: {
        image: 'node:24-bookworm-slim',
        command: 'npx forkwright',
        engine: 'shell',
        dindImage: 'docker:28-dind',
        artifactsExpireIn: '1 week',
        ifNeeded: false,
      },
      mirrors: { 'docker.io': 'localhost:5000/hub' },
      toolsImage: { registry: 'docker.io', repository: 'library/busybox', tag: '1', digest: null },
    },
  });
});

test('sound recipes are given beside faulty ones; every file has its say', async () => {
  await write({
    'recipes/a.yaml': 'name: a\nimag: {}\n',
    'recipes/b.yaml': sound('b'),
    'recipes/c.yaml': '[',
  });
  expect(await load()).toEqual({
    names: ['b'],
    findings: [
      'recipes/a.yaml:1:1 recipe.missing-key: "image" is missing',
      'recipes/a.yaml:1:1 recipe.no-platforms: platforms: no platforms are said, here or in forkwright.yaml',
      'recipes/a.yaml:2:1 recipe.unknown-key: "imag" is not a known key',
      'recipes/c.yaml:1:2 yaml.syntax: Flow sequence must end with a ]',
    ],
  });
});

test('a filter reads the recipes that it names', async () => {
  await write({ 'recipes/a.yaml': '[', 'recipes/b.yaml': sound('b'), 'recipes/c.yaml': sound('c') });
  expect(await load(['c', 'b'])).toEqual({ names: ['b', 'c'], findings: [] });
  expect((await load(['a'])).findings).toHaveLength(1);
});

test('a name that no recipe has is an error, with the nearest', async () => {
  await write({ 'recipes/esbuild.yaml': sound('esbuild'), 'recipes/b.yaml': sound('b') });
  const error = { code: 'recipe.unknown-name', place: 'recipes' };
  await expect(load(['esbiuld'])).rejects.toMatchObject({
    ...error,
    message: 'there is no recipe "esbiuld"',
    hint: 'did you mean esbuild?',
  });
  await expect(load(['../b'])).rejects.toMatchObject({
    ...error,
    message: 'there is no recipe "../b"',
    hint: 'there are: b, esbuild',
  });
});

test('a folder without recipes is no workspace', async () => {
  await rm(join(root, 'recipes'), { recursive: true });
  await expect(load()).rejects.toMatchObject({
    code: 'workspace.not-found',
    message: 'there is no recipes folder here',
    place: root,
    hint: 'go to the folder of the workspace, or name it with --root',
  });
});

test('two files of one recipe: neither is preferred', async () => {
  await write({ 'recipes/a.yaml': sound('a'), 'recipes/a.yml': sound('a'), 'recipes/b.yaml': sound('b') });
  expect(await load()).toEqual({
    names: ['b'],
    findings: [
      'recipes/a.yaml recipe.duplicate-name: recipes/a.yml is a recipe of the same name',
      'recipes/a.yml recipe.duplicate-name: recipes/a.yaml is a recipe of the same name',
    ],
  });
});

test('files that nobody wrote by hand are not read', async () => {
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'recipes/pipe.yaml')]);
  await mkdir(join(root, 'recipes/folder.yaml'));
  await write({ 'recipes/big.yaml': Buffer.alloc(10 * 1024 * 1024, '#'), 'secret.yaml': sound('link') });
  await symlink('../secret.yaml', join(root, 'recipes/link.yaml'));
  await symlink('big.yaml', join(root, 'recipes/near.yaml'));
  await symlink('nothing.yaml', join(root, 'recipes/none.yaml'));
  await symlink('self.yaml', join(root, 'recipes/self.yaml'));
  expect((await load()).findings).toEqual([
    'recipes/big.yaml yaml.too-large: has 10485760 bytes; a recipe has at most 1048576',
    'recipes/folder.yaml yaml.not-a-file: is not a file',
    'recipes/link.yaml yaml.link: is a link out of its folder',
    'recipes/near.yaml yaml.too-large: has 10485760 bytes; a recipe has at most 1048576',
    'recipes/none.yaml yaml.not-a-file: is not there',
    'recipes/pipe.yaml yaml.not-a-file: is not a file',
    expect.stringContaining('recipes/self.yaml yaml.unreadable: cannot be read: ELOOP'),
  ]);
});

test('a file that is not UTF-8 is shown where it is not', async () => {
  await write({
    'recipes/a.yaml': Buffer.from('name: a\ntitle: caf\xe9\n', 'latin1'),
    'recipes/b.yaml': Buffer.from('a: b\n', 'utf16le'),
  });
  expect((await load()).findings).toEqual([
    'recipes/a.yaml:2:11 yaml.not-utf8: is not UTF-8',
    'recipes/b.yaml:1:2 yaml.control-character: the control character U+0000 stands here',
  ]);
});

test('a faulty forkwright.yaml makes no recipe sound, and none faulty for what it may be the reason of', async () => {
  await write({
    'forkwright.yaml': 'registry: example\nplatforms: [linux/arm6]\nrunners: {linux/x64: {tag: [a]}}\nlables: {}\n',
    'recipes/a.yaml': 'name: a\nimage: {base: scratch}\npublish: {image: "{registry}/{name}"}\nversion: 1\n',
    'recipes/b.yaml': sound('b'),
  });
  expect(await load()).toEqual({
    names: [],
    findings: [
      'forkwright.yaml:1:11 workspace.invalid-value: registry: "example" is not a registry',
      'forkwright.yaml:2:13 workspace.unknown-platform: platforms[0]: "linux/arm6" is not a platform',
      'forkwright.yaml:3:11 workspace.unknown-platform: runners: "linux/x64" is not a platform',
      'forkwright.yaml:4:1 workspace.unknown-key: "lables" is not a known key',
      'recipes/a.yaml:4:10 recipe.unquoted: version: 1 is a number, where a text is wanted',
    ],
  });
});

test.each([
  ['group: /a', '1:8 workspace.invalid-value: group: "/a" is not a path of a group'],
  ['mirrors: {docker.io/x: a.io}', '1:11 workspace.invalid-value: mirrors: "docker.io/x" is not a registry host'],
  [
    'mirrors: {docker.io: "https://a.io"}',
    '1:22 workspace.invalid-value: mirrors["docker.io"]: "https://a.io" is not a registry',
  ],
  [
    'runners: {linux/amd64: fast}',
    '1:24 workspace.wrong-type: runners["linux/amd64"]: "fast" stands here, where a list or a map is wanted',
  ],
  [
    'runners: {default: {tags: [a], nativ: true}}',
    '1:32 workspace.unknown-key: runners.default: "nativ" is not a known key',
  ],
  [
    'pipeline: {engine: docker}',
    '1:20 workspace.invalid-value: pipeline.engine: "docker" is none of dind, socket, shell',
  ],
  [
    'pipeline: {artifactsExpireIn: soon}',
    '1:31 workspace.invalid-value: pipeline.artifactsExpireIn: "soon" is not a time',
  ],
  [
    'tools: {image: A}',
    '1:16 workspace.invalid-value: tools.image: "A" is not an image name: "library/A" is not a repository name',
  ],
  [
    'platforms: [linux/amd64, linux/x86_64]',
    '1:26 workspace.duplicate-platform: platforms[1]: linux/amd64 is already on line 1',
  ],
  [
    'platforms: [{platform: linux/amd64, build: {}}]',
    '1:37 workspace.unknown-key: platforms[0]: "build" is not a known key',
  ],
])('forkwright.yaml: %s', async (text, fault) => {
  await write({ 'forkwright.yaml': text });
  expect((await load()).findings).toEqual([`forkwright.yaml:${fault}`]);
});

test('a forkwright.yaml of comments alone says nothing', async () => {
  await write({ 'forkwright.yaml': '# group: x\n', 'recipes/a.yaml': sound('a') });
  expect(await load()).toEqual({ names: ['a'], findings: [] });
});
