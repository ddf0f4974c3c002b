import { expect, test } from 'vitest';
import { readApkDatabase } from '../../src/adopt/apk-database.ts';
import { readDpkgDatabase } from '../../src/adopt/dpkg-database.ts';
import { findAddedPackages } from '../../src/adopt/package-database.ts';

const record = (name: string, depends = '', provides = '') =>
  [`P:${name}`, 'V:1.0-r0', `D:${depends}`, `p:${provides}`, `F:usr/bin`, `R:${name}`, 'a:0:0:755', ''].join('\n');
const BASE = record('busybox');
const BASE_WORLD = 'alpine-baselayout\nbusybox\n';

test('apk: records, with what they need and their files', () => {
  const text = record('tar', 'so:libc.so.1>=2 !uclibc busybox~1.3', 'cmd:tar=1.35');
  expect(readApkDatabase(text, 'tar@edge=1.35 !foo .virtual\nxz>5\n')).toMatchObject({
    manager: 'apk',
    packages: [
      {
        name: 'tar',
        version: '1.0-r0',
        depends: ['so:libc.so.1', 'busybox'],
        provides: ['cmd:tar'],
        paths: ['usr/bin/tar'],
      },
    ],
    explicit: ['tar=1.35', 'xz>5'],
  });
});

const LIB = record('xz-libs', '', 'so:liblzma.so.5=5');
const XZ = record('xz', 'so:liblzma.so.5');

test.each([
  {
    name: 'asked for',
    installed: [BASE, XZ, LIB],
    world: `${BASE_WORLD}xz\n`,
    base: [BASE],
    names: ['xz'],
    guess: null,
  },
  {
    name: 'with a version',
    installed: [BASE, XZ, LIB],
    world: `${BASE_WORLD}xz=1.0-r0\n`,
    base: [BASE],
    names: ['xz=1.0-r0'],
    guess: null,
  },
  {
    name: 'not noted',
    installed: [BASE, XZ, LIB],
    world: BASE_WORLD,
    base: [BASE],
    names: ['xz'],
    guess: 'nothing else that was added needs them',
  },
  {
    name: 'no world',
    installed: [BASE, XZ, LIB],
    world: null,
    base: [BASE],
    names: ['xz'],
    guess: 'nothing else that was added needs them',
  },
  {
    name: 'the base is not known',
    installed: [BASE, XZ, LIB],
    world: `${BASE_WORLD}xz\n`,
    base: null,
    names: ['xz'],
    guess: 'by what a plain image of the distribution has',
  },
  { name: 'nothing added', installed: [BASE], world: BASE_WORLD, base: [BASE], names: [], guess: null },
])('apk, added packages: $name', ({ installed, world, base, names, guess }) => {
  const final = readApkDatabase(installed.join('\n'), world);
  const before = base === null ? null : readApkDatabase(base.join('\n'), BASE_WORLD);
  expect(findAddedPackages(final, before)).toEqual({ names, guess });
});

test('packages that need each other are all named', () => {
  const final = readApkDatabase([record('a', 'b'), record('b', 'a')].join('\n'), null);
  expect(findAddedPackages(final, readApkDatabase('', '')).names).toEqual(['a', 'b']);
});

const stanza = (name: string, more = '') =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1-2\n${more}Description: x\n more\n .\n`;

test('dpkg: what is installed, and not because something else needs it', () => {
  const base = stanza('base-files', 'Essential: yes\n');
  const gone = 'Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n';
  const final = [
    base,
    stanza('xz-utils', 'Depends: libc6 (>= 2.34), liblzma5 | other\n'),
    stanza('liblzma5'),
    gone,
  ].join('\n');
  const states = 'Package: liblzma5\nArchitecture: amd64\nAuto-Installed: 1\n';
  const listOf = (name: string, architecture: string) => [`/usr/share/${name}-${architecture}`];
  const database = readDpkgDatabase(final, states, listOf);
  expect(database.packages.map(({ name, version, depends }) => [name, version, depends])).toEqual([
    ['base-files', '1-2', []],
    ['xz-utils', '1-2', ['libc6', 'liblzma5']],
    ['liblzma5', '1-2', []],
  ]);
  expect(database.packages[1]?.paths).toEqual(['/usr/share/xz-utils-amd64']);
  expect(findAddedPackages(database, readDpkgDatabase(base, null, listOf))).toEqual({
    names: ['xz-utils'],
    guess: null,
  });
  expect(findAddedPackages(readDpkgDatabase(final, null, listOf), null)).toEqual({
    names: ['xz-utils'],
    guess: 'by what a plain image of the distribution has',
  });
});
