import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { keepBlobs } from '../../../src/archive/write/keep-blobs.ts';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { openImageSource } from '../../../src/archive/read/open.ts';
import { readTree } from '../../../src/archive/layers/flatten-image.ts';
import { readPieces, type Slice } from '../../../src/archive/stream/read-pieces.ts';
import { findNode, type Inode, type InodeTree } from '../../../src/image/files/inode-tree.ts';
import { listImages } from '../../../src/image/select/list-images.ts';
import { splitPath } from '../../../src/image/files/layer-item.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { file, layoutEntries, makeFile, makeImage, indexOf, SIGNAL, tarOf } from '../../support/archives.ts';

const BIG = randomBytes(3_000_000);
const IMAGE = makeImage([[file('a', 'first'), file('big', BIG)], [file('b', 'second')]]);

async function openIt() {
  const path = await makeFile(tarOf(layoutEntries(indexOf([IMAGE.descriptor]), IMAGE.blobs)));
  const source = await openImageSource(path, '/');
  const { set } = await loadImageSet(source);
  const image = listImages(set)[0]!.image;
  return { source, image, tree: (await readTree(source, image, { signal: SIGNAL })).tree };
}

function inodeAt(tree: InodeTree, path: string): Inode {
  const node = findNode(tree, splitPath(path) as readonly string[]);
  if (typeof node === 'string' || node.kind === 'folder') throw new Error(`${path} is no file`);
  return node;
}

test('parts of files are read, each layer once', async () => {
  const { source, image, tree } = await openIt();
  const opened: Digest[] = [];
  const counted: typeof source = {
    ...source,
    stream: (digest, fromByte) => {
      opened.push(digest);
      return source.stream(digest, fromByte);
    },
  };
  const big = inodeAt(tree, 'big');
  const slices: readonly Slice[] = [
    { inode: inodeAt(tree, 'b'), start: 3, end: 100 },
    { inode: big, start: 1_500_000, end: 2_700_000 },
    { inode: big, start: 10, end: 20 },
    { inode: inodeAt(tree, 'a'), start: 0, end: 5 },
    { inode: big, start: 15, end: 2_000_000 },
    { inode: big, start: 7, end: 7 },
  ];
  const read = new Map<Slice, Buffer>();
  for await (const { slice, offset, bytes } of readPieces(counted, image, slices, { signal: SIGNAL })) {
    const before = read.get(slice) ?? Buffer.alloc(0);
    expect(offset).toBe(slice.start + before.length);
    read.set(slice, Buffer.concat([before, bytes]));
  }
  const expected = [
    Buffer.from('ond'),
    BIG.subarray(1_500_000, 2_700_000),
    BIG.subarray(10, 20),
    Buffer.from('first'),
    BIG.subarray(15, 2_000_000),
    Buffer.alloc(0),
  ];
  // Not by toEqual, which takes half a minute for so many bytes.
  const isSame = slices.map((slice, index) => expected[index]!.equals(read.get(slice) ?? Buffer.alloc(0)));
  expect(isSame).toEqual(slices.map(() => true));
  expect(opened).toEqual(image.manifest.layers.map(({ digest }) => digest));
  await source.close();
});

test('what is kept is asked for once, however often it is read', async () => {
  const { source, image } = await openIt();
  let asked = 0;
  const far: typeof source = {
    ...source,
    stream: (digest, fromByte) => {
      asked++;
      return source.stream(digest, fromByte);
    },
  };
  const kept = keepBlobs(far, { env: {}, signal: SIGNAL });
  const [layer] = image.manifest.layers;
  const read = async (fromByte?: number) => {
    const chunks: Buffer[] = [];
    for await (const chunk of kept.stream(layer!.digest, fromByte)) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  };
  const expected = IMAGE.layers[0]!.raw;
  const [first, second] = await Promise.all([read(), read(1000)]);
  expect(first.equals(expected)).toBe(true);
  expect(second.equals(expected.subarray(1000))).toBe(true);
  expect((await read()).equals(expected)).toBe(true);
  expect(asked).toBe(1);
  await kept.close();
});
