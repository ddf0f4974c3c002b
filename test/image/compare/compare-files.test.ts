import { expect, test } from 'vitest';
import { compareFiles } from '../../../src/image/compare/compare-files.ts';
import type { ComparedFiles } from '../../../src/image/compare/compare-type.ts';
import type { FileView } from '../../../src/image/files/list-files.ts';

function view(path: string, more: Partial<FileView> = {}): FileView {
  return { path, type: 'file', mode: '0644', uid: 0, gid: 0, sizeBytes: 1, time: null, link: null, layer: 1, ...more };
}

const folder = (path: string) => view(path, { type: 'directory', mode: '0755', sizeBytes: 0 });

function side(
  list: readonly FileView[],
  more: Partial<Record<keyof ComparedFiles, Readonly<Record<string, string>>>> = {},
) {
  const toMap = (record: Readonly<Record<string, string>> = {}) => new Map(Object.entries(record));
  const { packages, owners, contents } = more;
  return { list, packages: toMap(packages), owners: toMap(owners), contents: toMap(contents) };
}

const compare = (ours: ComparedFiles, theirs: ComparedFiles) =>
  compareFiles(ours, theirs, 'linux/amd64').map(({ what, ours: our, theirs: their }) => [what, our, their]);

test('what differs of a file: type, mode, owner, size, link; never its time', () => {
  const ours = [
    view('/mode', { mode: '0755' }),
    view('/owner', { uid: 1, gid: 2 }),
    view('/size', { sizeBytes: 2 }),
    view('/link', { type: 'symlink', mode: '0777', link: 'a' }),
    view('/type', { type: 'fifo' }),
    view('/time', { time: '2026-01-01T00:00:00Z', layer: 4 }),
  ];
  const theirs = [
    view('/mode'),
    view('/owner'),
    view('/size'),
    view('/link', { type: 'symlink', mode: '0755', link: 'b' }),
    view('/type'),
    view('/time'),
  ];
  expect(compare(side(ours), side(theirs))).toEqual([
    ['files./link', '-> a', '-> b'],
    ['files./mode', '1 B 0755', '1 B 0644'],
    ['files./owner', '1 B 0644 1:2', '1 B 0644'],
    ['files./size', '2 B 0644', '1 B 0644'],
    ['files./type', 'fifo 0644', '1 B 0644'],
  ]);
});

test('contents are compared where they were read', () => {
  const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
  const ours = side([view('/x'), view('/y')], { contents: { '/x': a, '/y': a } });
  expect(compare(ours, side([view('/x'), view('/y')], { contents: { '/x': b, '/y': a } }))).toEqual([
    ['files./x', 'sha256:aaaaaaaaaaaa', 'sha256:bbbbbbbbbbbb'],
  ]);
  expect(compare(ours, side([view('/x'), view('/y')]))).toEqual([]);
});

test('a folder of one side alone stands for all that is in it', () => {
  const ours = side([folder('/a'), view('/a/x'), folder('/a/b'), view('/a/b/y'), view('/ab')]);
  expect(compare(ours, side([]))).toEqual([
    ['files./a', 'directory 0755', null],
    ['files./ab', '1 B 0644', null],
  ]);
});

test('of a package that differs the version is told, not its files', () => {
  const ours = side(
    [folder('/usr'), folder('/usr/xz'), view('/usr/xz/bin', { sizeBytes: 5 }), view('/bin/tar', { mode: '0755' })],
    {
      packages: { xz: '5.6', tar: '1' },
      owners: { '/usr/xz/bin': 'xz', '/bin/tar': 'tar' },
    },
  );
  const theirs = side([folder('/usr'), view('/bin/tar')], {
    packages: { tar: '1', gone: '2' },
    owners: { '/bin/tar': 'tar' },
  });
  expect(compare(ours, theirs)).toEqual([
    ['packages.gone', null, '2'],
    ['packages.xz', '5.6', null],
    ['files./bin/tar', '1 B 0755', '1 B 0644'],
  ]);
});
