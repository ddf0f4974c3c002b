import {
  file,
  folder,
  layoutEntries,
  link,
  makeImage,
  indexOf,
  tarOf,
  type TestEntry,
} from '../../support/archives.ts';

const LONG = 'long-'.repeat(40);
const LONGEST = `${'n'.repeat(250)}.text`;
const DEEP = `deep/${LONG}/${LONG}`;

/** VFS_CAP_REVISION_2 with cap_net_bind_service: capabilities(7). */
const CAPABILITY = Buffer.from('0100000200040000000000000000000000000000', 'hex');

function pax(records: Readonly<Record<string, string | Buffer>>): Partial<TestEntry> {
  return { pax: new Map(Object.entries(records).map(([key, value]) => [key, Buffer.from(value)])) };
}

/** Everything in a layer has a time of its own, so that a time that is lost is seen. */
function timed(entries: readonly TestEntry[], start: number): readonly TestEntry[] {
  return entries.map((entry, index) => ({ mtime: start + index, ...entry }));
}

const LOWER = timed(
  [
    { ...folder('./'), mode: 0o755 },
    ...['usr/', 'usr/lib/', 'links/', 'white/', 'again/', 'opaque/', 'opaque/sub/', 'marked/', 'swap/'].map(folder),
    ...['swap/folder/', 'swap/aim/', 'swap/turned/', 'deep/', `deep/${LONG}/`, `${DEEP}/`, 'attributes/'].map(folder),
    ...['dev/', 'kept/', 'kept/sub/'].map(folder),
    link('symlink', 'lib', 'usr/lib'),
    file('usr/lib/old', 'old'),
    file('usr/lib/hidden', 'hidden'),

    file('links/a', 'a'),
    link('hardlink', 'links/b', 'links/a'),
    link('hardlink', 'links/c', 'links/a'),
    file('links/gone', 'gone'),
    link('hardlink', 'links/stays', 'links/gone'),
    link('symlink', 'links/symlink', 'a'),
    link('hardlink', 'links/symlink-too', 'links/symlink'),

    file('white/before', 'lower'),
    file('white/after', 'lower'),
    file('white/gone', 'lower'),
    link('symlink', 'white/symlink', 'gone'),
    file('again/old', 'lower'),
    file('opaque/old', 'lower'),
    file('opaque/sub/old', 'lower'),
    file('opaque/both', 'lower'),
    file('marked/old', 'lower'),

    file('swap/folder/child', 'lower'),
    file('swap/file', 'lower'),
    file('swap/aim/child', 'lower'),
    link('symlink', 'swap/symlink', 'aim'),
    link('symlink', 'swap/written', 'aim/child'),
    file('swap/turned/child', 'lower'),

    file(`${DEEP}/${LONGEST}`, 'deep'),
    link('symlink', 'deep/symlink', `${LONG}/${LONG}/${LONGEST}`),
    link('hardlink', 'deep/hardlink', `${DEEP}/${LONGEST}`),
    file('deep/ü-ñ-日本.txt', 'unicode'),
    file('deep/ with spaces ', ''),

    file('attributes/setuid', 'x', { mode: 0o4755, uid: 1, gid: 2 }),
    file('attributes/none', 'x', { mode: 0 }),
    { ...folder('attributes/sticky/'), mode: 0o1777 },
    { ...folder('attributes/setgid/'), mode: 0o2755, gid: 7 },
    file('attributes/owners', 'x', { uid: 3_000_000, gid: 4_000_000 }),
    file('attributes/times', 'x', pax({ mtime: '1700000000.123456789' })),
    { ...folder('attributes/times.d/'), ...pax({ mtime: '1600000000.5' }) },
    file('attributes/capable', 'x', pax({ 'SCHILY.xattr.security.capability': CAPABILITY })),
    file('attributes/noted', 'x', pax({ 'SCHILY.xattr.user.note': Buffer.from([0xff, 0, 10, 0x3d]) })),
    file('attributes/forgotten', 'x', pax({ 'SCHILY.xattr.user.note': 'lower' })),
    { ...folder('attributes/noted.d/'), ...pax({ 'SCHILY.xattr.user.note': 'lower' }) },
    { ...folder('attributes/forgotten.d/'), ...pax({ 'SCHILY.xattr.user.note': 'lower' }) },
    file('attributes/zeros', Buffer.alloc(1 << 20)),
    file('attributes/mostly-zeros', Buffer.concat([Buffer.alloc(70_000), Buffer.from('x'), Buffer.alloc(5000)])),
    file('attributes/empty', ''),

    { name: 'dev/null', type: 'character-device', mode: 0o666, devMajor: 1, devMinor: 3 },
    { name: 'dev/disk', type: 'block-device', mode: 0o660, gid: 6, devMajor: 259, devMinor: 70_000 },
    { name: 'dev/fifo', type: 'fifo', mode: 0o600 },
    file('kept/sub/file', 'lower'),
    // As nix writes names, and as nobody should: twice.
    file('/kept/slash', 'lower'),
    file('kept/twice', 'first'),
    file('kept/twice', 'second'),
    folder('kept/turned/'),
    file('kept/turned', 'a file after all'),
  ],
  1_600_000_000,
);

const MIDDLE = timed(
  [
    file('lib/new', 'through a link'),
    file('lib/.wh.hidden'),

    file('links/a', 'replaced'),
    link('hardlink', 'links/d', 'links/b'),
    file('links/.wh.gone'),
    file('links/source', 'first'),
    link('hardlink', 'links/copy', 'links/source'),
    file('links/source', 'second'),
    link('hardlink', 'links/through', 'lib/new'),

    file('white/.wh.before'),
    file('white/before', 'upper'),
    file('white/after', 'upper'),
    file('white/.wh.after'),
    file('white/.wh.gone'),
    file('white/.wh.symlink'),
    file('white/.wh.never-there'),
    { ...folder('again/'), mode: 0o700 },
    file('again/new', 'upper'),
    file('.wh.again'),
    file('again/newer', 'upper'),
    folder('opaque/'),
    file('opaque/before', 'upper'),
    file('opaque/both', 'upper'),
    file('opaque/.wh..wh..opq'),
    file('opaque/after', 'upper'),
    folder('opaque/sub/'),
    file('opaque/sub/new', 'upper'),
    // The marker of a folder that the layer does not list.
    file('marked/.wh..wh..opq'),

    file('swap/folder', 'now a file'),
    folder('swap/file/'),
    file('swap/file/child', 'upper'),
    folder('swap/symlink/'),
    file('swap/symlink/child', 'upper'),
    file('swap/written', 'not through the link'),
    link('symlink', 'swap/turned', 'aim'),

    file('attributes/forgotten', 'y'),
    { ...folder('attributes/forgotten.d/'), mode: 0o711, uid: 5 },
    file('kept/sub/more', 'upper'),
    // Nothing tells of the folders.
    file('implied/deep/file', 'upper'),
  ],
  1_650_000_000,
);

const UPPER = timed(
  [
    file('links/.wh.a'),
    link('hardlink', 'links/e', 'links/d'),
    file('links/c', 'replaced'),
    file('opaque/.wh.before'),
    file('swap/turned/through', 'upper'),
    file('kept/.wh.sub'),
    file('lib/.wh.old'),
  ],
  1_680_000_000,
);

/** An OCI archive of an image that has everything which is hard to flatten, in three layers. */
export function encodeHardImage(): Buffer {
  const { descriptor, blobs } = makeImage([LOWER, MIDDLE, UPPER]);
  return tarOf(layoutEntries(indexOf([descriptor]), blobs));
}
