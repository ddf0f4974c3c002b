import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  blobOf,
  describeBlob,
  file,
  fixture,
  folder,
  indexOf,
  layoutEntries,
  link,
  makeFolder,
  makeImage,
  tarOf,
} from '../support/archives.ts';
import { runForBytes } from '../support/context.ts';
import { readTar } from '../support/tar-files.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const LAYERS = [
  [
    file('usr/bin/tool', 'old'),
    link('symlink', 'bin', 'usr/bin'),
    file('etc/passwd', 'root'),
    link('hardlink', 'etc/copy', 'usr/bin/tool'),
  ],
  [
    file('usr/bin/tool', Buffer.from([0, 255, 10])),
    folder('empty'),
    { name: 'dev/null', type: 'fifo' as const, mode: 0o644 },
  ],
];

async function makeArchive(): Promise<string> {
  const cwd = await makeFolder();
  const image = makeImage(LAYERS);
  const index = indexOf([describeBlob(MANIFEST, blobOf(image.manifest.raw))]);
  await writeFile(join(cwd, 'x.tar'), tarOf(layoutEntries(index, image.blobs)));
  return cwd;
}

test('a file goes to stdout byte for byte, links followed, and nothing else does', async () => {
  const cwd = await makeArchive();
  const result = await runForBytes(['extract', 'x.tar', '/bin/tool'], { cwd });
  expect(result).toMatchObject({ exitCode: 0, stdout: '', stderr: '', bytes: Buffer.from([0, 255, 10]) });
});

test('a file goes to a file; --json says what was written', async () => {
  const cwd = await makeArchive();
  const result = await runForBytes(['extract', 'x.tar', 'etc/../etc/copy', '--output', 'out/copy', '--json'], { cwd });
  expect(JSON.parse(result.stdout)).toEqual({
    schema: 'forkwright.extract/v1',
    source: 'x.tar',
    platform: 'linux/amd64',
    path: 'etc/../etc/copy',
    kind: 'file',
    output: 'out/copy',
    sizeBytes: 3,
    findings: [],
  });
  expect(await readFile(join(cwd, 'out/copy'), 'utf8')).toBe('old');
});

test('a folder becomes a tar', async () => {
  const cwd = await makeArchive();
  const { exitCode, stdout } = await runForBytes(['extract', 'x.tar', '/etc', '--output', 'etc.tar'], { cwd });
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'etc.tar: folder, 3.0 KiB\n' });
  expect([...(await readTar(join(cwd, 'etc.tar')))].map(([name, data]) => `${name} ${data.toString()}`)).toEqual([
    'copy old',
    'passwd root',
  ]);
});

test.each([
  {
    path: '/usr/bin/tol',
    stderr:
      'x.tar: /usr/bin/tol: error: the image has no file or folder "/usr/bin/tol" [extract.not-found]\n  hint: in /usr/bin: did you mean tool?\n',
  },
  {
    path: '/nowhere/at/all',
    stderr:
      'x.tar: /nowhere/at/all: error: the image has no file or folder "/nowhere/at/all" [extract.not-found]\n  hint: in /: there are: bin, dev, empty, etc, usr\n',
  },
  {
    path: '../x',
    stderr:
      'x.tar: ../x: error: the image has no file or folder "../x" [extract.not-found]\n  hint: it leads out of the root\n',
  },
  { path: 'dev/null', stderr: 'x.tar: dev/null: error: it is a fifo, which has no content [extract.no-file]\n' },
])('$path cannot be extracted', async ({ path, stderr }) => {
  const cwd = await makeArchive();
  expect(await runForBytes(['extract', 'x.tar', path], { cwd })).toMatchObject({ exitCode: 2, stdout: '', stderr });
});

test('what is odd about the archive is told', async () => {
  const cwd = await makeFolder();
  const image = makeImage(LAYERS);
  const index = indexOf([describeBlob(MANIFEST, blobOf(image.manifest.raw))]);
  await writeFile(join(cwd, 'x.tar'), tarOf([...layoutEntries(index, image.blobs), file('notes.txt', '')]));
  const odd = await runForBytes(['extract', 'x.tar', '/etc/passwd'], { cwd });
  expect(odd).toMatchObject({ exitCode: 0, bytes: Buffer.from('root') });
  expect(odd.stderr).toContain('warning: an entry that is no part of an image [archive.extra-entry]');
  expect((await runForBytes(['extract', 'x.tar', '/etc/passwd', '--strict'], { cwd })).exitCode).not.toBe(0);
});

test('nothing is taken out of a broken archive', async () => {
  const cwd = await makeFolder();
  const image = makeImage(LAYERS);
  const index = indexOf([describeBlob(MANIFEST, blobOf(image.manifest.raw))]);
  const entries = layoutEntries(index, image.blobs);
  await writeFile(join(cwd, 'x.tar'), tarOf([...entries, file('index.json', '{}')]));
  const broken = await runForBytes(['extract', 'x.tar', '/etc/passwd', '--output', 'y'], { cwd });
  expect(broken).toMatchObject({ exitCode: 2, stdout: '' });
  expect(broken.stderr).toContain('[archive.duplicate-entry]');
});

test('of several platforms one has to be named', async () => {
  const cwd = await makeFolder();
  const archive = fixture('buildx-oci-multi.tar');
  const result = await runForBytes(['extract', archive, '/bin/tool'], { cwd });
  expect(result.exitCode).toBe(2);
  expect(result.stderr).toMatch(
    /it holds \d images; name the platform of one \[image\.several\]\n {2}hint: --platform; it has linux\/amd64, /,
  );
  const chosen = await runForBytes(['extract', archive, '/bin/tool', '--platform', 'linux/arm64'], { cwd });
  expect(chosen.exitCode).toBe(0);
  expect(chosen.bytes.toString('latin1', 0, 4)).toBe('\x7fELF');
  const none = await runForBytes(['extract', archive, '/bin/tool', '--platform', 'linux/mips64le'], { cwd });
  expect(none.stderr).toMatch(
    /it holds no image for linux\/mips64le \[image\.not-found\]\n {2}hint: it has linux\/amd64, /,
  );
});
