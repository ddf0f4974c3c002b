import type { InstalledPackage, PackageDatabase } from './package-database.ts';

/** What Alpine's root filesystem has in its world file; new releases also name alpine-release. */
const DISTRIBUTION: ReadonlySet<string> = new Set([
  'alpine-base',
  'alpine-baselayout',
  'alpine-keys',
  'alpine-release',
  'apk-tools',
  'busybox',
  'libc-utils',
  'musl-utils',
]);

/**
 * Reads apk's database of installed packages, and the world file with those that were asked for; null where the image has
 * no world file. Specification: apk-tools, apk-package(5), apk-world(5).
 */
export function readApkDatabase(installed: string, world: string | null): PackageDatabase {
  const packages = installed.split('\n\n').flatMap((record) => readRecord(record) ?? []);
  return { manager: 'apk', packages, explicit: world === null ? null : readWorld(world), isOfDistribution };
}

function isOfDistribution({ name }: InstalledPackage): boolean {
  return DISTRIBUTION.has(name);
}

function readRecord(record: string): InstalledPackage | null {
  let [name, version, folder] = ['', '', ''];
  const depends: string[] = [];
  const provides: string[] = [];
  const paths: string[] = [];
  for (const line of record.split('\n')) {
    const value = line.slice(2);
    switch (line.slice(0, 2)) {
      case 'P:':
        name = value;
        break;
      case 'V:':
        version = value;
        break;
      case 'D:':
        depends.push(...namesOf(value));
        break;
      case 'p:':
        provides.push(...namesOf(value));
        break;
      case 'F:':
        folder = value;
        break;
      case 'R:':
        paths.push(folder === '' ? value : `${folder}/${value}`);
        break;
    }
  }
  return name === '' ? null : { name, version, depends, provides, paths };
}

/** `so:libc.musl-x86_64.so.1 /bin/sh musl>=1.2 !uclibc`: what stands behind an operator is a version. */
function namesOf(list: string): readonly string[] {
  return list.split(' ').flatMap((item) => {
    const name = /^[^!~=<>][^~=<>]*/.exec(item)?.[0];
    return name ?? [];
  });
}

/** `tar=1.35-r2`, `tar@edge`; names with a dot in front stand for groups that `apk add --virtual` made. */
function readWorld(world: string): readonly string[] {
  const entries = world.split(/\s+/).filter((entry) => entry !== '' && !/^[!.]/.test(entry));
  return entries.map((entry) => entry.replace(/@[^~=<>]*/, ''));
}
