import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NO_DEFAULTS } from '../../src/recipe/workspace-file.ts';
import { loadRecipeText } from '../../src/recipe/load.ts';
import {
  blobOf,
  describeBlob,
  file,
  fixture,
  indexOf,
  layoutEntries,
  makeFolder,
  makeImage,
  tarOf,
} from '../support/archives.ts';
import type { TestEntry } from '../support/archives.ts';
import { runInProcess } from '../support/context.ts';
import { goProgram, inlineBuildInfo, functionTable, type GoProgramOptions } from '../support/go-programs.ts';

const AMD64: GoProgramOptions = { bits: 64, endianness: 'little' };
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

const installed = (...names: readonly string[]) =>
  names.map((name) => `P:${name}\nV:1.0-r0\nF:bin\nR:${name}\n`).join('\n');
const BASE: readonly TestEntry[] = [
  file('bin/sh', '#!x', { mode: 0o755 }),
  file('etc/os-release', 'ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n'),
  file('etc/apk/world', 'busybox\n'),
  file('lib/apk/db/installed', installed('busybox')),
];
const PACKAGES: readonly TestEntry[] = [
  file('etc/apk/world', 'busybox\nbzip2\ngzip\ntar\nxz\n'),
  file('lib/apk/db/installed', installed('busybox', 'bzip2', 'gzip', 'tar', 'xz', 'xz-libs')),
  file('bin/tar', 'of the package', { mode: 0o755 }),
];
const copyProgram = (machine: number) =>
  goProgram(
    AMD64,
    [
      inlineBuildInfo(AMD64, 'go1.19.8', 'path\tgithub.com/tonistiigi/copy/cmd/copy\nbuild\t-ldflags="-s -w"\n'),
      functionTable(AMD64, '1.18', '/go/src/github.com/tonistiigi/copy/cmd/copy/main.go'),
    ],
    machine,
  );
const history = [
  { created_by: 'ADD alpine-minirootfs-3.20.3.tar.gz / # buildkit' },
  { created_by: 'CMD ["/bin/sh"]', empty_layer: true },
  { created_by: 'RUN /bin/sh -c apk add --no-cache tar gzip bzip2 xz # buildkit' },
  { created_by: 'COPY /out/copy /bin/copy # buildkit' },
  { created_by: 'ENTRYPOINT ["/bin/copy"]', empty_layer: true },
];

/** An archive of some images as one index, in a folder of its own. */
async function writeArchive(images: readonly ReturnType<typeof makeImage>[]): Promise<string> {
  const cwd = await makeFolder();
  const index = blobOf(indexOf(images.map(({ descriptor }) => descriptor)));
  const root = indexOf([describeBlob(INDEX, index)]);
  await writeFile(join(cwd, 'x.tar'), tarOf(layoutEntries(root, [index, ...images.flatMap(({ blobs }) => blobs)])));
  return cwd;
}

function copyImage(architecture: string, machine: number, config: object = {}) {
  const layers = [BASE, PACKAGES, [file('bin/copy', copyProgram(machine), { mode: 0o755 })]];
  return makeImage(layers, architecture, { Entrypoint: ['/bin/copy'], ...config }, { history });
}

test('dockerfile-copy is drafted from its image', async () => {
  const cwd = await writeArchive([copyImage('arm64', 183, { Env: ['A=1'] }), copyImage('amd64', 62)]);
  const { stdout, stderr, exitCode } = await runInProcess(['adopt', 'x.tar', '--name', 'dockerfile-copy'], { cwd });
  expect(stdout).toBe(`# yaml-language-server: $schema=../schema/recipe.schema.json

# A draft, made by \`forkwright adopt\` of x.tar.
# What is guessed is marked; all else is what the image says of itself.

# Its history, on 1 layer of the base (linux/amd64):
#   RUN apk add --no-cache tar gzip bzip2 xz
#   COPY /out/copy /bin/copy
#   ENTRYPOINT ["/bin/copy"]

# In the image for linux/amd64:
#   /bin/copy: an ELF program for amd64, static, go1.19.8, github.com/tonistiigi/copy/cmd/copy, from /go/src/github.com/tonistiigi/copy/cmd/copy/main.go, 4.5 KiB

# In the image for linux/arm64:
#   /bin/copy: an ELF program for arm64, static, go1.19.8, github.com/tonistiigi/copy/cmd/copy, from /go/src/github.com/tonistiigi/copy/cmd/copy/main.go, 4.5 KiB

name: dockerfile-copy
upstream:
  git: https://github.com/tonistiigi/copy.git # guessed: by the program's import path
build:
  kind: go
  image: golang:1.19-bookworm # guessed: go1.19.8 built it
  package: ./cmd/copy
  importPath: github.com/tonistiigi/copy
  modules: gopath
  ldflags: -s -w
  output: /bin/copy
image:
  base: alpine:3.20 # guessed: by /etc/os-release: Alpine Linux v3.20
  packages: [bzip2, gzip, tar, xz]
  entrypoint: [/bin/copy]
platforms:
  - linux/amd64
  - platform: linux/arm64
    image:
      env:
        A: "1"
`);
  expect(exitCode).toBe(0);
  expect(stderr).toContain('recipes/dockerfile-copy.yaml:19:3: warning: upstream: no commit is given');
});

test('labels and what Go stamped say upstream, version and commit for certain', async () => {
  const commit = '0123456789abcdef0123456789abcdef01234567';
  const info = [
    'path\texample.org/group/tool',
    'mod\texample.org/group/tool\t(devel)\t',
    'build\t-tags=netgo,osusergo',
    'build\tGOAMD64=v3',
    `build\tvcs.revision=${commit}`,
    'build\tvcs.modified=true',
    '',
  ].join('\n');
  const program = goProgram(AMD64, [inlineBuildInfo(AMD64, 'go1.24.1', info)]);
  const labels = { source: 'https://git.example.org/group/tool', version: '1.2.3', licenses: 'MIT', title: 'The Tool' };
  const config = {
    Cmd: ['/usr/bin/tool', 'serve'],
    Labels: Object.fromEntries(
      Object.entries(labels).map(([name, value]) => [`org.opencontainers.image.${name}`, value]),
    ),
    Healthcheck: { Test: ['CMD', '/usr/bin/tool', 'ping'], Interval: 30e9, Retries: 3 },
    ExposedPorts: { '8080/tcp': {} },
  };
  const cwd = await writeArchive([makeImage([[file('usr/bin/tool', program, { mode: 0o755 })]], 'amd64', config)]);
  const { stdout, stderr } = await runInProcess(['adopt', 'x.tar', '--name', 'tool'], { cwd });
  expect(stderr.split('\n').filter((line) => line.includes('['))).toEqual([]);
  expect(stdout.slice(stdout.indexOf('name: tool'))).toBe(`name: tool
title: The Tool
licenses: MIT
version: 1.2.3
upstream:
  git: https://git.example.org/group/tool.git # guessed: by the label org.opencontainers.image.source
  commit: 0123456789abcdef0123456789abcdef01234567 # and changes that were not committed
build:
  kind: go
  image: golang:1.24-bookworm # guessed: go1.24.1 built it
  tags: [netgo, osusergo]
  env:
    GOAMD64: v3
  output: /usr/bin/tool
image:
  base: scratch # guessed: it has no /etc/os-release
  cmd: [/usr/bin/tool, serve]
  ports: [8080/tcp]
  healthcheck:
    command: [/usr/bin/tool, ping]
    interval: 30s
    retries: 3
platforms:
  - linux/amd64
`);
});

test('the draft goes to a file that is not there yet, and its name to the recipe', async () => {
  const cwd = await writeArchive([copyImage('amd64', 62)]);
  const argv = ['adopt', 'x.tar', '--output', 'recipes/copy.yaml'];
  expect((await runInProcess(argv, { cwd })).stdout).toBe('recipes/copy.yaml: a draft of copy\n');
  expect(await readFile(join(cwd, 'recipes/copy.yaml'), 'utf8')).toMatch(/^name: copy$/m);
  const again = await runInProcess(argv, { cwd });
  expect(again.exitCode).toBe(2);
  expect(again.stderr).toBe(
    'recipes/copy.yaml: error: it is there already, and a draft does not replace it [adopt.exists]\n  hint: name another file, or print the draft and compare\n',
  );
});

test.each([
  'buildx-oci-multi-attested.tar',
  'docker-20.10-save.tar',
  'docker-28-overlay2-save.tar',
  'nix-stream-layered.tar',
  'podman-save-oci-archive.tar',
  'crane-oci-layout',
])('what is drafted from %s is a recipe', async (name) => {
  const cwd = await makeFolder();
  const { exitCode, stdout } = await runInProcess(['adopt', fixture(name), '--name', 'tool'], { cwd });
  expect(exitCode).toBe(0);
  const { recipe, findings } = loadRecipeText(stdout, 'recipes/tool.yaml', NO_DEFAULTS);
  expect(findings).toEqual([]);
  expect(recipe?.targets[0]?.build.kind).toBe('prebuilt');
});

test('an image for Windows is drafted by its config, and what is not known is said', async () => {
  const more = { os: 'windows', 'os.version': '10.0.20348.2966', history: [] };
  const windows = makeImage([[file('Files/tool.exe', 'MZ')]], 'amd64', { Entrypoint: ['C:\\tool.exe'] }, more);
  const listed = { ...windows, descriptor: describeBlob(MANIFEST, windows.manifest) };
  const cwd = await writeArchive([copyImage('amd64', 62), listed]);
  const { stdout, stderr } = await runInProcess(['adopt', 'x.tar', '--name', 'tool'], { cwd });
  expect(stderr).toContain(
    'x.tar: windows(10.0.20348.2966)/amd64: warning: the layers of a Windows image are not looked at: its base and its programs are not known [adopt.not-read]',
  );
  expect(stdout.slice(stdout.indexOf('  - platform:'))).toBe(`  - platform: windows(10.0.20348.2966)/amd64
    upstream: null
    build: null
    image:
      base: scratch # guessed: its files were not looked at
      packages: null
      entrypoint: [C:\\tool.exe]
`);
  const { findings } = loadRecipeText(stdout, 'recipes/tool.yaml', NO_DEFAULTS);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
});

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    'a\nname: evil',
    'x # y',
    '*alias',
    '{built}',
    '"\n- a',
    '\u2028b',
    '\u001b[2J',
    "'",
    '-s',
    'yes',
    '~',
    '1.10',
  ),
);

// The archive's reader refuses it, whatever it is the name of.
const named = hostile.filter((text) => text !== '__proto__');

test(
  'whatever an image says, the draft is a recipe, and nothing in it becomes a key',
  { timeout: 30_000 },
  async () => {
    const texts = fc.record({
      user: hostile,
      env: fc.array(hostile),
      labels: fc.dictionary(named, hostile, { maxKeys: 1 }),
      words: fc.array(hostile),
      path: hostile,
    });
    await fc.assert(
      fc.asyncProperty(texts, async ({ user, env, labels, words, path }) => {
        const config = {
          User: user,
          Env: env,
          Labels: labels,
          Entrypoint: words,
          Cmd: words,
          WorkingDir: path,
          Volumes: { [path]: {} },
          StopSignal: user,
        };
        const name = path.replaceAll(/[/\0]|\.wh\./g, '') || 'x';
        const release = `ID=${user}\nVERSION_ID=${path}\nPRETTY_NAME=${words.join(' ')}\n`;
        const entries = [file(`bin/${name}`, copyProgram(62), { mode: 0o755 }), file('etc/os-release', release)];
        const image = makeImage([entries], 'amd64', config, { history: [{ created_by: `COPY ${user} ${path}` }] });
        const cwd = await writeArchive([image]);
        const { stdout, stderr } = await runInProcess(['adopt', 'x.tar', '--name', 'tool'], { cwd });
        const { recipe, findings } = loadRecipeText(stdout, 'recipes/tool.yaml', NO_DEFAULTS);
        expect(
          findings.filter(({ severity }) => severity === 'error'),
          stdout + stderr,
        ).toEqual([]);
        expect(recipe?.targets).toHaveLength(1);
        expect(stdout.match(/^[a-z]\w*:/gm)?.filter((key) => !KEYS.has(key.slice(0, -1)))).toEqual([]);
      }),
      {
        numRuns: 60,
        examples: [[{ user: '', env: ['__proto__'], labels: {}, words: [], path: '' }]],
      },
    );
  },
);

const KEYS = new Set([
  'name',
  'title',
  'description',
  'licenses',
  'homepage',
  'version',
  'upstream',
  'build',
  'image',
  'platforms',
]);
