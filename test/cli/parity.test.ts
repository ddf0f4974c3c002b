import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  blobOf,
  describeBlob,
  file,
  indexOf,
  layoutEntries,
  makeFolder,
  makeImage,
  tarOf,
  type TestEntry,
} from '../support/archives.ts';
import { runInProcess } from '../support/context.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const RECIPE = 'name: tool\nversion: "1"\nimage: {base: scratch}\nplatforms: [linux/amd64, linux/arm64]\n';

const installed = (versions: Readonly<Record<string, string>>) =>
  Object.entries(versions)
    .map(([name, version]) => `P:${name}\nV:${version}\nF:bin\nR:${name}\n`)
    .join('\n');

interface Made {
  readonly tool: string;
  readonly packages: Readonly<Record<string, string>>;
  readonly config?: object;
  readonly created: string;
  readonly more?: readonly TestEntry[];
}

function makeSide({ tool, packages, config = {}, created, more = [] }: Made, architecture = 'amd64') {
  const base = [
    file('lib/apk/db/installed', installed(packages)),
    ...Object.entries(packages).map(([name, version]) => file(`bin/${name}`, version)),
  ];
  return makeImage([base, [file('bin/tool', tool, { mode: 0o755 }), ...more]], architecture, config, { created });
}

async function writeSide(cwd: string, name: string, images: readonly ReturnType<typeof makeImage>[]): Promise<void> {
  const index = blobOf(indexOf(images.map(({ descriptor }) => descriptor)));
  const root = indexOf([describeBlob(INDEX, index)]);
  await writeFile(join(cwd, name), tarOf(layoutEntries(root, [index, ...images.flatMap(({ blobs }) => blobs)])));
}

const OURS: Made = {
  tool: 'new program',
  packages: { tar: '1.35-r2', xz: '5.6.2' },
  config: { User: '1000', Env: ['A=1'] },
  created: '2026-11-21T10:00:00Z',
};
const THEIRS: Made = {
  tool: 'old program',
  packages: { tar: '1.32-r0', xz: '5.6.2' },
  config: { Env: ['A=1'] },
  created: '2019-12-06T10:00:00Z',
  more: [file('etc/extra', 'x')],
};

async function makeSides(accept = ''): Promise<string> {
  const cwd = await makeFolder();
  await mkdir(join(cwd, 'recipes'));
  await mkdir(join(cwd, 'out/tool'), { recursive: true });
  await writeFile(join(cwd, 'recipes/tool.yaml'), `${RECIPE}${accept}`);
  await writeSide(cwd, 'out/tool/tool.oci.tar', [makeSide(OURS), makeSide(OURS, 'arm64')]);
  await writeSide(cwd, 'theirs.tar', [makeSide(THEIRS), makeSide(THEIRS, 'arm64'), makeSide(THEIRS, 's390x')]);
  return cwd;
}

test('differences are shown, same ones of several platforms on one line, and end with 1', async () => {
  const cwd = await makeSides();
  const { stdout, stderr, exitCode } = await runInProcess(['parity', 'tool', '--theirs', 'theirs.tar', '--quiet'], {
    cwd,
  });
  // How well gzip packs differs from zlib to zlib.
  const plain = stdout
    .replaceAll(/\d+(?:\.\d)? K?i?B \/ \d+(?:\.\d)? K?i?B/g, 'SIZE')
    .replace(/size +created/, 'size  created');
  expect(plain).toBe(`platform     layers  shared  size  created
linux/amd64  2 / 2   0       SIZE  2026-11-21 / 2019-12-06  2542 days younger
linux/arm64  2 / 2   0       SIZE  2026-11-21 / 2019-12-06  2542 days younger

difference             platform     ours     theirs
config.user            all          1000     -
packages.tar           all          1.35-r2  1.32-r0
files./etc             all          -        directory 0755
platforms.linux/s390x  linux/s390x  -        there
`);
  expect(stderr).toBe(
    'recipes/tool.yaml: error: out/tool/tool.oci.tar and theirs.tar have 7 differences that the recipe does not accept [parity.differs]\n  hint: what is meant is accepted under parity.accept of the recipe\n1 error\n',
  );
  expect(exitCode).toBe(1);
});

test('with --files contents are compared too', async () => {
  const cwd = await makeSides();
  const argv = ['parity', 'tool', '--theirs', 'theirs.tar', '--files', '--json'];
  const { differences } = JSON.parse((await runInProcess(argv, { cwd })).stdout) as {
    differences: readonly { what: string }[];
  };
  expect(differences).toContainEqual({
    what: 'files./bin/tool',
    platform: 'linux/arm64',
    ours: expect.stringMatching(/^sha256:[0-9a-f]{12}$/),
    theirs: expect.stringMatching(/^sha256:[0-9a-f]{12}$/),
    accepted: null,
  });
});

test('what the recipe accepts is shown as such and ends with 0; what it accepts for nothing is a note', async () => {
  const cwd = await makeSides(`parity:
  image: example.org/tool:1
  accept:
    - config.user
    - {what: "packages.*", because: theirs is older}
    - files./etc
    - platforms.*
    - {what: files./nothing, platform: linux/arm64}
`);
  const { stdout, stderr, exitCode } = await runInProcess(
    ['parity', 'tool', '--theirs', 'theirs.tar', '--quiet', '--color', 'never'],
    { cwd },
  );
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  expect(stdout).toContain('packages.tar           all          1.35-r2  1.32-r0         accepted: theirs is older\n');
  const loud = await runInProcess(['parity', 'tool', '--theirs', 'theirs.tar'], { cwd });
  expect(loud.stderr).toContain(
    'recipes/tool.yaml: note: it accepts "files./nothing" on linux/arm64, and there is no such difference [parity.unused-acceptance]',
  );
});

test('the same image has no differences', async () => {
  const cwd = await makeSides();
  const result = await runInProcess(['parity', 'tool', '--theirs', 'out/tool/tool.oci.tar', '--quiet'], { cwd });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(result.stdout).not.toContain('difference');
});

test('without an image of either side it says what to do', async () => {
  const cwd = await makeFolder();
  await mkdir(join(cwd, 'recipes'));
  await writeFile(join(cwd, 'recipes/tool.yaml'), RECIPE);
  expect((await runInProcess(['parity', 'tool'], { cwd })).stderr).toContain(
    'recipes/tool.yaml: error: the recipe names no image to compare with [parity.no-image]',
  );
  expect((await runInProcess(['parity', 'tool', '--theirs', 'x.tar'], { cwd })).stderr).toContain(
    'out/tool/tool.oci.tar: error: the recipe has no index yet [parity.not-built]',
  );
});
