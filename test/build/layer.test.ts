import { unpackTar } from 'modern-tar';
import { expect, test } from 'vitest';
import { planLayer, writeLayer, type FindFolder, type LayerFile } from '../../src/build/layer.ts';
import { chunksOf } from '../support/archives.ts';
import { collect } from '../support/obtain-deps.ts';

function fileAt(path: string, more: Partial<LayerFile> = {}, content = path): LayerFile {
  const bytes = Buffer.from(content);
  return { path, mode: 0o755, uid: 0, gid: 0, sizeBytes: bytes.length, bytes: () => chunksOf(bytes, 7), ...more };
}

const NO_BASE: FindFolder = () => null;
const namesOf = (files: readonly LayerFile[], folders: readonly string[] = [], findFolder = NO_BASE) =>
  planLayer(files, folders, findFolder).map(({ name }) => name);

test('every parent is there once, in front of what it holds, in an order of names', () => {
  const names = namesOf([fileAt('/usr/bin/b'), fileAt('/usr/bin/a'), fileAt('/a'), fileAt('/usr-x')], ['/zoo/deep']);
  expect(names).toEqual(['a', 'usr-x', 'usr/', 'usr/bin/', 'usr/bin/a', 'usr/bin/b', 'zoo/', 'zoo/deep/']);
  expect(namesOf([fileAt('/a'), fileAt('/usr-x'), fileAt('/usr/bin/a'), fileAt('/usr/bin/b')], ['/zoo/deep'])).toEqual(
    names,
  );
});

/** A base with a merged /usr. */
const BASE = new Map([
  ['/', '/'],
  ['/usr', '/usr'],
  ['/usr/bin', '/usr/bin'],
  ['/bin', '/usr/bin'],
  ['/etc', '/etc'],
  ['/top', '/'],
]);
const inBase: FindFolder = (path) => BASE.get(path) ?? null;

test('folders of the base are not written again, and links to folders are followed', () => {
  expect(
    namesOf([fileAt('/etc/x/conf'), fileAt('/bin/tool'), fileAt('/bin/sub/y'), fileAt('/top/z')], ['/usr'], inBase),
  ).toEqual(['etc/x/', 'etc/x/conf', 'usr/bin/sub/', 'usr/bin/sub/y', 'usr/bin/tool', 'z']);
});

test.each([
  ['two files', [fileAt('/x'), fileAt('/x')], [], '/x'],
  ['a file and a parent', [fileAt('/x/y'), fileAt('/x')], [], '/x'],
  ['a file and the work folder', [fileAt('/x')], ['/x'], '/x'],
  ['a file and a parent that the base has', [fileAt('/etc/y'), fileAt('/etc')], [], '/etc'],
  ['two names of one path', [fileAt('/usr/bin/y'), fileAt('/bin/y')], [], '/bin/y'],
])('%s cannot be one path', (_, files, folders, path) => {
  expect(() => planLayer(files, folders, inBase)).toThrow(
    expect.objectContaining({
      code: 'build.duplicate-path',
      message: `two things of the recipe want to be ${path} in the image`,
    }),
  );
});

test('a file does not take the place of a folder of the base', () => {
  expect(() => planLayer([fileAt('/bin')], [], inBase)).toThrow(
    expect.objectContaining({
      code: 'build.duplicate-path',
      message: '/bin is a folder in the base',
      hint: 'name the file that is to be in it',
    }),
  );
});

test('the tar holds modes, owners, sizes and the one time', async () => {
  const long = `/${'long/'.repeat(60)}name`;
  const files = [
    fileAt('/bin/tool', { mode: 0o4755, uid: 1000, gid: 3_000_000 }, 'x'.repeat(513)),
    fileAt('/empty', { mode: 0o600 }, ''),
    fileAt(long),
  ];
  const entries = await unpackTar(await collect(writeLayer(planLayer(files, [], NO_BASE), 1_700_000_000)));
  const found = new Map(entries.map((entry) => [entry.header.name, entry]));
  expect(found.get('bin/tool')?.header).toMatchObject({
    type: 'file',
    mode: 0o4755,
    uid: 1000,
    gid: 3_000_000,
    size: 513,
  });
  expect(Buffer.from(found.get('bin/tool')?.data ?? '').toString()).toBe('x'.repeat(513));
  expect(found.get('empty')?.header).toMatchObject({ type: 'file', mode: 0o600, uid: 0, gid: 0, size: 0 });
  expect(found.get(long.slice(1))?.header.size).toBe(long.length);
  expect(
    [...found.values()].find(({ header }) => header.name.startsWith('bin') && header.type === 'directory')?.header,
  ).toMatchObject({ mode: 0o755, uid: 0, gid: 0 });
  expect(new Set(entries.map(({ header }) => header.mtime?.getTime()))).toEqual(new Set([1_700_000_000_000]));
});

test.each([4, 6])('a file that has another size than was announced: %i', async (sizeBytes) => {
  const layer = writeLayer(planLayer([fileAt('/tool', { sizeBytes })], [], NO_BASE), 0);
  await expect(collect(layer)).rejects.toMatchObject({
    code: 'build.size-changed',
    message: `/tool has 5 bytes, ${sizeBytes} were announced`,
  });
});
