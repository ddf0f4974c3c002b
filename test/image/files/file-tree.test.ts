import { expect, test } from 'vitest';
import { flattenLayers, lookUp, type DirectoryNode, type LayerEntry } from '../../../src/image/files/file-tree.ts';

function file(path: string, mode = 0o644): LayerEntry {
  return { path, kind: 'file', linkName: '', mode, program: null };
}

function folder(path: string): LayerEntry {
  return { path, kind: 'directory', linkName: '', mode: 0o755, program: null };
}

function link(path: string, linkName: string, kind: 'symlink' | 'hardlink' = 'symlink'): LayerEntry {
  return { path, kind, linkName, mode: 0o777, program: null };
}

/** `bin/x*` is a file with mode, `bin/` a folder. */
function listTree(node: DirectoryNode, at = ''): string[] {
  return [...node.children].flatMap(([name, child]) => {
    if (child.kind === 'directory') return [`${at}${name}/`, ...listTree(child, `${at}${name}/`)];
    if (child.kind === 'symlink') return [`${at}${name} -> ${child.target}`];
    return [child.kind === 'file' ? `${at}${name} ${child.mode.toString(8)}` : `${at}${name} other`];
  });
}

test.each<{ name: string; layers: LayerEntry[][]; tree: string[] }>([
  {
    name: 'spellings of a name',
    layers: [[file('./a'), file('/b'), file('c//d')]],
    tree: ['a 644', 'b 644', 'c/', 'c/d 644'],
  },
  { name: 'a name that leaves the root', layers: [[file('../../a')]], tree: ['a 644'] },
  { name: 'the later file', layers: [[file('a')], [file('a', 0o755)]], tree: ['a 755'] },
  { name: 'a whiteout', layers: [[file('a'), file('b')], [file('.wh.a')]], tree: ['b 644'] },
  { name: 'a whiteout of a folder', layers: [[file('d/a'), file('b')], [file('.wh.d')]], tree: ['b 644'] },
  {
    name: 'a whiteout that stands behind the file that replaces',
    layers: [[file('a')], [file('a', 0o755), file('.wh.a')]],
    tree: ['a 755'],
  },
  { name: 'a whiteout in the same layer only', layers: [[file('a'), file('.wh.a')]], tree: ['a 644'] },
  {
    name: 'an opaque folder, wherever its marker stands',
    layers: [
      [file('d/old'), file('e')],
      [file('d/new'), file('d/.wh..wh..opq')],
    ],
    tree: ['d/', 'd/new 644', 'e 644'],
  },
  {
    name: 'a whiteout in a folder that takes the place of a symlink, which is not about what the link led to',
    layers: [
      [file('usr/lib/x'), link('lib', 'usr/lib')],
      [folder('lib'), file('lib/.wh.x'), file('lib/y')],
    ],
    tree: ['usr/', 'usr/lib/', 'usr/lib/x 644', 'lib/', 'lib/y 644'],
  },
  {
    name: 'an opaque marker in such a folder, wherever it stands',
    layers: [
      [file('usr/lib/x'), link('lib', 'usr/lib')],
      [file('lib/.wh..wh..opq'), folder('lib')],
    ],
    tree: ['usr/', 'usr/lib/', 'usr/lib/x 644', 'lib/'],
  },
  {
    name: 'a whiteout through a symlink that stays',
    layers: [[file('usr/lib/x'), link('lib', 'usr/lib')], [file('lib/.wh.x')]],
    tree: ['usr/', 'usr/lib/', 'lib -> usr/lib'],
  },
  { name: 'marks of aufs', layers: [[file('.wh..wh.plnk'), file('.wh..wh.aufs'), file('a')]], tree: ['a 644'] },
  {
    name: 'a folder over a folder',
    layers: [[file('d/a')], [folder('d'), file('d/b')]],
    tree: ['d/', 'd/a 644', 'd/b 644'],
  },
  { name: 'a file over a folder', layers: [[file('d/a')], [file('d')]], tree: ['d 644'] },
  { name: 'a folder over a file', layers: [[file('d')], [file('d/a')]], tree: ['d/', 'd/a 644'] },
  {
    name: 'a parent that is a symlink',
    layers: [[folder('usr/lib'), link('lib', 'usr/lib')], [file('lib/x')]],
    tree: ['usr/', 'usr/lib/', 'usr/lib/x 644', 'lib -> usr/lib'],
  },
  {
    name: 'a folder in place of a symlink to a folder',
    layers: [[folder('usr/lib'), link('lib', 'usr/lib')], [folder('lib')]],
    tree: ['usr/', 'usr/lib/', 'lib/'],
  },
  {
    name: 'a hardlink whose first name is replaced',
    layers: [[file('a', 0o755), link('b', 'a', 'hardlink')], [file('a')]],
    tree: ['a 644', 'b 755'],
  },
  { name: 'a hardlink to nothing', layers: [[link('b', 'a', 'hardlink')]], tree: [] },
  { name: 'a device', layers: [[{ ...file('null'), kind: 'other' }]], tree: ['null other'] },
  { name: 'a parent that is a dangling symlink', layers: [[link('d', 'gone'), file('d/a')]], tree: ['d/', 'd/a 644'] },
])('flattens $name', ({ layers, tree }) => {
  expect(listTree(flattenLayers(layers))).toEqual(tree);
});

test.each([
  { path: '/bin/tool', mode: 0o755 },
  { path: 'bin/tool', mode: 0o755 },
  { path: '/sbin/tool', mode: 0o755 },
  { path: '/deep/up/bin/tool', mode: 0o755 },
  { path: '/usr/bin/alias', mode: 0o755 },
  { path: '/../../bin/./tool', mode: 0o755 },
  { path: '/bin/gone', mode: null },
  { path: '/bin/tool/below', mode: null },
  { path: '/bin/dangling', mode: null },
  { path: '/loop/x', mode: null },
])('looks up $path', ({ path, mode }) => {
  const root = flattenLayers([
    [
      file('usr/bin/tool', 0o755),
      link('bin', 'usr/bin'),
      link('sbin', '/bin'),
      link('usr/bin/alias', '../../bin/tool'),
      link('usr/bin/dangling', 'nowhere'),
      link('deep/up', '../../../..'),
      link('loop', 'loop'),
    ],
  ]);
  const node = lookUp(root, path);
  expect(node?.kind === 'file' ? node.mode : null).toBe(mode);
});

test('a folder is found as a folder', () => {
  expect(lookUp(flattenLayers([[folder('a/b')]]), '/a/b')?.kind).toBe('directory');
  expect(lookUp(flattenLayers([]), '/')?.kind).toBe('directory');
});
