import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { flattenImage, mergeLayers } from '../../../src/archive/layers/flatten-image.ts';
import { readTarStream } from '../../../src/tar/read-stream.ts';
import type { TarHeader } from '../../../src/tar/entry-machine.ts';
import { chunksOf, file, fixture, folder, link, SIGNAL, type TestEntry } from '../../support/archives.ts';
import { bytesOf, listRootfs, openFirst, openLayers } from '../../support/flat-files.ts';

const OPTIONS = { signal: SIGNAL };
const ZOO = (await readFile(fixture('zoo-1.rootfs.tsv'), 'utf8')).trim().split('\n').slice(1).toSorted();

test.each([
  'buildx-oci.tar',
  'buildx-docker.tar',
  'docker-28-containerd-save.tar',
  'docker-28-overlay2-save.tar',
  'skopeo-oci-archive.tar',
])('%s has the files that a container of it has', async (name) => {
  const { source, image } = await openFirst(fixture(name));
  const layer = await flattenImage(source, image, OPTIONS);
  const bytes = await bytesOf(layer);
  expect(await listRootfs(bytes)).toEqual(ZOO);
  expect(layer.sizeBytes).toBe(bytes.length);
  expect(layer.findings).toEqual([]);
  expect((await bytesOf(layer)).equals(bytes)).toBe(true);
});

async function readTar(bytes: Buffer): Promise<readonly (TarHeader & { readonly data: string })[]> {
  const entries = [];
  for await (const { header, body } of readTarStream(chunksOf(bytes, 700))) {
    let data = '';
    for await (const chunk of body) data += Buffer.from(chunk).toString();
    entries.push({ ...header, data });
  }
  return entries;
}

/** `bin/`, `x = data`, `link -> target`, `hard => target`, `null character-device`. */
function describeEntry({ name, type, linkName, data }: TarHeader & { readonly data: string }): string {
  if (type === 'directory') return name;
  if (type === 'file') return `${name} = ${data}`;
  if (type === 'symlink') return `${name} -> ${linkName}`;
  return type === 'hardlink' ? `${name} => ${linkName}` : `${name} ${type}`;
}

async function flatten(layers: readonly (readonly TestEntry[])[]): Promise<readonly string[]> {
  const { source, image } = await openLayers(layers);
  return (await readTar(await bytesOf(await flattenImage(source, image, OPTIONS)))).map(describeEntry);
}

const CASES: readonly { readonly name: string; readonly layers: TestEntry[][]; readonly files: string[] }[] = [
  { name: 'no layer', layers: [], files: [] },
  { name: 'an empty layer', layers: [[]], files: [] },
  {
    name: 'spellings of a name, folders first, files in the order of the layer',
    layers: [[file('./b', '1'), file('/a', '2'), file('c//d', '3'), folder('./')]],
    files: ['./', 'c/', 'b = 1', 'a = 2', 'c/d = 3'],
  },
  {
    name: 'files grouped by layer, specials before them',
    layers: [[file('z', '1')], [file('a', '2'), link('symlink', 'm', 'a'), { name: 'f', type: 'fifo', mode: 0o644 }]],
    files: ['f fifo', 'm -> a', 'z = 1', 'a = 2'],
  },
  {
    name: 'the later of two files, in two layers and in one',
    layers: [[file('a', '1'), file('b', '1'), file('b', '2')], [file('a', '3')]],
    files: ['b = 2', 'a = 3'],
  },
  {
    name: 'a whiteout, wherever it stands, of what lies below only',
    layers: [
      [file('a', '1'), file('b', '1')],
      [file('a', '2'), file('.wh.a'), file('.wh.b'), file('c', '2'), file('.wh.c')],
    ],
    files: ['a = 2', 'c = 2'],
  },
  {
    name: 'a whiteout of a folder that the layer makes anew',
    layers: [[file('d/old', '1')], [file('d/new', '2'), folder('d'), file('.wh.d')]],
    files: ['d/', 'd/new = 2'],
  },
  {
    name: 'an opaque folder, wherever its marker stands',
    layers: [
      [file('d/old', '1'), file('e', '1')],
      [file('d/new', '2'), file('d/.wh..wh..opq')],
    ],
    files: ['d/', 'e = 1', 'd/new = 2'],
  },
  {
    name: 'an opaque root',
    layers: [[file('d/old', '1')], [file('.wh..wh..opq'), file('a', '2')]],
    files: ['a = 2'],
  },
  {
    name: 'an opaque folder in place of a link: what the link led to stays',
    layers: [
      [folder('usr/lib'), file('usr/lib/x', '1'), link('symlink', 'lib', 'usr/lib')],
      [folder('lib'), file('lib/.wh..wh..opq'), file('lib/y', '2'), file('lib/.wh.x')],
    ],
    files: ['lib/', 'usr/', 'usr/lib/', 'usr/lib/x = 1', 'lib/y = 2'],
  },
  {
    name: 'parents and whiteouts through links',
    layers: [
      [folder('usr/lib'), file('usr/lib/x', '1'), link('symlink', 'lib', '/usr/lib'), link('symlink', 'l', '../lib')],
      [file('l/y', '2'), file('lib/.wh.x')],
    ],
    files: ['usr/', 'usr/lib/', 'l -> ../lib', 'lib -> /usr/lib', 'usr/lib/y = 2'],
  },
  {
    name: 'a parent that is a dangling link: what it leads to is made',
    layers: [[link('symlink', 'd', 'gone/deep'), file('d/a', '1')]],
    files: ['gone/', 'gone/deep/', 'd -> gone/deep', 'gone/deep/a = 1'],
  },
  {
    name: 'a file over a folder, a folder over a file, a folder over a link',
    layers: [
      [file('d/a', '1'), file('f', '1'), link('symlink', 'l', 'd')],
      [file('d', '2'), folder('f'), folder('l')],
    ],
    files: ['f/', 'l/', 'd = 2'],
  },
  {
    name: 'a link over a folder',
    layers: [[file('lib/x', '1'), folder('usr/lib')], [link('symlink', 'lib', 'usr/lib')]],
    files: ['usr/', 'usr/lib/', 'lib -> usr/lib'],
  },
  {
    name: 'a hardlink whose first name is replaced: the other one carries the data',
    layers: [[file('a', '1'), link('hardlink', 'c', 'a'), link('hardlink', 'b', './a')], [file('a', '2')]],
    files: ['c = 1', 'b => c', 'a = 2'],
  },
  {
    name: 'a hardlink whose first name is hidden',
    layers: [[file('a', '1'), link('hardlink', 'b', '/a')], [file('.wh.a')]],
    files: ['b = 1'],
  },
  {
    name: 'a hardlink to a file of another layer, and through a link',
    layers: [
      [file('d/a', '1'), link('symlink', 'l', 'd')],
      [link('hardlink', 'b', 'l/a')],
      [file('.wh.d'), link('hardlink', 'c', 'b')],
    ],
    files: ['l -> d', 'b = 1', 'c => b'],
  },
  {
    name: 'a hardlink to a link is that link',
    layers: [[link('symlink', 'a', 'x'), link('hardlink', 'b', 'a')]],
    files: ['a -> x', 'b => a'],
  },
  {
    name: 'a hardlink to itself, and one that is given twice',
    layers: [[file('a', '1'), link('hardlink', 'a', 'a'), link('hardlink', 'b', 'a'), link('hardlink', 'b', 'a')]],
    files: ['a = 1', 'b => a'],
  },
  {
    name: "AUFS's own files, to which hardlinks may lead",
    layers: [
      [
        folder('.wh..wh.plnk'),
        file('.wh..wh.plnk/1', 'x'),
        file('.wh..wh.aufs'),
        link('hardlink', 'a', '.wh..wh.plnk/1'),
      ],
    ],
    files: ['a = x'],
  },
];

test.each(CASES)('flattens $name', async ({ layers, files }) => {
  expect(await flatten(layers)).toEqual(files);
});

test('owners, modes, times, devices and attributes stay; times of looking do not', async () => {
  const pax = new Map([
    ['SCHILY.xattr.user.note', Buffer.from([0, 255])],
    ['LIBARCHIVE.xattr.user.more', Buffer.from('eA')],
    ['mtime', Buffer.from('1700000000.120')],
    ['atime', Buffer.from('1700000001.5')],
    ['ctime', Buffer.from('1700000001.5')],
    ['SCHILY.ino', Buffer.from('12')],
  ]);
  const { source, image } = await openLayers([
    [
      { ...folder('d'), mode: 0o1777, uid: 7, mtime: 5 },
      file('big', 'x', { uid: 3_000_000, gid: 4_000_000, mode: 0o6755, mtime: 1_700_000_000, pax, userName: 'me' }),
      file('old', '', { mtime: -5 }),
      file('even', '', { mtime: 8, pax: new Map([['mtime', Buffer.from('8.000')]]) }),
      { name: 'dev/null', type: 'character-device', mode: 0o666, devMajor: 1, devMinor: 3 },
    ],
    [{ ...folder('d'), mode: 0o700, gid: 8, mtime: 6 }],
  ]);
  const entries = await readTar(await bytesOf(await flattenImage(source, image, OPTIONS)));
  const named = new Map(entries.map((entry) => [entry.name, entry]));
  expect(entries.map(({ name }) => name)).toEqual(['d/', 'dev/', 'dev/null', 'big', 'old', 'even']);
  expect(named.get('d/')).toMatchObject({ mode: 0o700, uid: 0, gid: 8, mtime: 6 });
  expect(named.get('dev/')).toMatchObject({ mode: 0o755, uid: 0, gid: 0, mtime: 0 });
  expect(named.get('dev/null')).toMatchObject({ mode: 0o666, devMajor: 1, devMinor: 3 });
  expect(named.get('big')).toMatchObject({ uid: 3_000_000, gid: 4_000_000, mode: 0o6755, userName: 'me', data: 'x' });
  expect([...(named.get('big')?.pax ?? [])].map(([key, value]) => [key, value.toString('latin1')])).toEqual([
    ['LIBARCHIVE.xattr.user.more', 'eA'],
    ['SCHILY.xattr.user.note', '\0\xff'],
    ['gid', '4000000'],
    ['mtime', '1700000000.12'],
    ['uid', '3000000'],
  ]);
  expect(named.get('old')?.mtime).toBe(-5);
  expect(named.get('even')?.pax.size).toBe(0);
});

test('data that spans chunks comes out as it went in', async () => {
  const big = Buffer.alloc(3_000_001, 'abcdefg');
  const { source, image } = await openLayers([
    [file('a', 'x'), file('big', big)],
    [file('.wh.a'), file('b', big)],
  ]);
  const bytes = await bytesOf(await flattenImage(source, image, OPTIONS));
  const entries = await readTar(bytes);
  expect(entries.map(({ name, data }) => [name, data === big.toString()])).toEqual([
    ['big', true],
    ['b', true],
  ]);
});

const WHERE = expect.stringMatching(/test\.tar: blobs\/sha256\/[0-9a-f]{64}$/);

test.each<{ layers: TestEntry[][]; code: string; text: string }>([
  {
    layers: [[file('.wh.')]],
    code: 'layer.bad-whiteout',
    text: 'the entry ".wh.": a whiteout of nothing',
  },
  {
    layers: [[file('d/.wh...')]],
    code: 'layer.bad-whiteout',
    text: 'the entry "d/.wh...": a whiteout of a folder that it lies in',
  },
  { layers: [[file('.wh.d/a')]], code: 'layer.bad-whiteout', text: 'the entry ".wh.d/a": it lies in a whiteout' },
  { layers: [[file('../a')]], code: 'layer.bad-name', text: 'the entry "../a": it leads out of the root' },
  { layers: [[file('.')]], code: 'layer.bad-name', text: 'the entry ".": the root can be nothing but a folder' },
  {
    layers: [[file('a'), file('a/b')]],
    code: 'layer.bad-parent',
    text: 'the entry "a/b": what it lies in is no folder',
  },
  {
    layers: [[link('symlink', 'a', 'b'), link('symlink', 'b', 'a'), file('a/x')]],
    code: 'layer.bad-parent',
    text: 'the entry "a/x": its folder is a link that leads to itself',
  },
  {
    layers: [[link('hardlink', 'b', 'a')]],
    code: 'layer.bad-hardlink',
    text: 'the entry "b": a hardlink to "a", which is not there',
  },
  {
    layers: [[folder('a'), link('hardlink', 'b', 'a')]],
    code: 'layer.bad-hardlink',
    text: 'the entry "b": a hardlink to "a", which is a folder',
  },
  {
    layers: [[file('a'), link('hardlink', 'b', '../a')]],
    code: 'layer.bad-hardlink',
    text: 'the entry "b": of its target: it leads out of the root',
  },
  {
    layers: [[folder('Files'), folder('Hives'), file('Files/a')]],
    code: 'layer.windows',
    text: 'a layer of a Windows image cannot be flattened',
  },
])('refuses $text', async ({ layers, code, text }) => {
  const { source, image } = await openLayers(layers);
  await expect(flattenImage(source, image, OPTIONS)).rejects.toMatchObject({ code, message: text, place: WHERE });
});

test('refuses a Windows image, a damaged layer, and what is aborted', async () => {
  const windows = await openLayers([[file('a')]], { os: 'windows' });
  await expect(flattenImage(windows.source, windows.image, OPTIONS)).rejects.toMatchObject({ code: 'layer.windows' });
  const { source, image } = await openLayers([[file('a', 'x')]]);
  await expect(flattenImage(source, image, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
    'enough',
  );
  const damaged = {
    ...source,
    stream: async function* (digest: Parameters<typeof source.stream>[0]) {
      for await (const chunk of source.stream(digest)) {
        const copy = Buffer.from(chunk);
        copy.writeUInt8(copy.readUInt8(9) ^ 1, 9);
        yield copy;
      }
    },
  };
  await expect(flattenImage(damaged, image, OPTIONS)).rejects.toMatchObject({
    code: 'blob.corrupt',
    message: 'the layer is damaged',
    place: WHERE,
  });
});

const MERGES: readonly { name: string; layers: TestEntry[][]; groups: number[][]; files: string[][] }[] = [
  {
    name: 'whiteouts of what lies below stay, those of what was merged go',
    layers: [
      [file('a', '1'), file('b', '1')],
      [file('c', '2'), file('.wh.a')],
      [file('.wh.c'), file('.wh.b'), file('b', '3')],
    ],
    groups: [[1, 2]],
    files: [['.wh.a = ', 'b = 3']],
  },
  {
    name: 'the lowest layers have nothing to hide',
    layers: [[file('a', '1')], [file('.wh.a'), file('b', '2')], [file('c', '3')]],
    groups: [[0, 1]],
    files: [['b = 2']],
  },
  {
    name: 'a folder that was made anew hides what lay in it, with its parents',
    layers: [
      [file('e/d/a', '1'), file('e/f', '1'), { ...folder('e'), mode: 0o700 }],
      [file('e/.wh.d')],
      [file('e/d/b', '3'), file('e/.wh.f'), folder('e/f')],
    ],
    groups: [[1, 2]],
    files: [['e/', 'e/d/', 'e/f/', 'e/d/.wh..wh..opq = ', 'e/d/b = 3']],
  },
  {
    name: 'an opaque folder stays opaque',
    layers: [[file('d/a', '1'), file('d/b', '1')], [file('d/.wh..wh..opq'), file('d/b', '2')], [file('x', '3')]],
    groups: [[1, 2]],
    files: [['d/', 'd/.wh..wh..opq = ', 'd/b = 2', 'x = 3']],
  },
  {
    name: 'names are spelled without links',
    layers: [
      [folder('usr/lib'), link('symlink', 'lib', 'usr/lib')],
      [file('lib/x', '2')],
      [file('lib/.wh.x'), file('usr/lib/y', '3')],
    ],
    groups: [[1, 2]],
    files: [['usr/', 'usr/lib/', 'usr/lib/y = 3']],
  },
  {
    name: 'hardlinks to lower layers, also where the lower name went',
    layers: [
      [file('a', '1'), file('b', '1')],
      [link('hardlink', 'c', 'a'), link('hardlink', 'd', 'b')],
      [file('.wh.b')],
    ],
    groups: [[1, 2]],
    files: [['.wh.b = ', 'c => a', 'd = 1']],
  },
  {
    name: 'several groups',
    layers: [[file('a', '1')], [file('.wh.a')], [file('b', '3')], [file('.wh.b'), file('a', '4')]],
    groups: [
      [0, 1],
      [2, 3],
    ],
    files: [[], ['a = 4']],
  },
];

test.each(MERGES)('merges layers: $name', async ({ layers, groups, files }) => {
  const { source, image } = await openLayers(layers);
  const merged = await mergeLayers(source, image, groups, OPTIONS);
  const found = [];
  for (const layer of merged) {
    found.push((await readTar(await bytesOf(layer))).map(describeEntry));
  }
  expect(found).toEqual(files);
});

test('groups that are not of neighbours are a fault of the caller', async () => {
  const { source, image } = await openLayers([[file('a')], [file('b')], [file('c')]]);
  await expect(mergeLayers(source, image, [[0, 2]], OPTIONS)).rejects.toThrow(RangeError);
  await expect(mergeLayers(source, image, [[2, 3]], OPTIONS)).rejects.toThrow(RangeError);
  await expect(mergeLayers(source, image, [[1], [0]], OPTIONS)).rejects.toThrow(RangeError);
});
