import { compareText } from '../platform/order.ts';

/** A package that a package manager has installed. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** Names, and what else packages provide: `so:libz.so.1`. */
  readonly depends: readonly string[];
  readonly provides: readonly string[];
  /** Its files and folders, without a slash in front where apk writes them so. */
  readonly paths: readonly string[];
}

/** What a package manager knows of an image. */
export interface PackageDatabase {
  readonly manager: 'apk' | 'dpkg';
  readonly packages: readonly InstalledPackage[];
  /** What was asked for by name, perhaps with a version (`tar=1.35-r2`); null where that is not noted. */
  readonly explicit: readonly string[] | null;
  /** Whether a package is part of any image of the distribution. */
  readonly isOfDistribution: (installed: InstalledPackage) => boolean;
}

/** The packages that a recipe would name. */
export interface AddedPackages {
  /** Sorted. */
  readonly names: readonly string[];
  /** Why they are a guess; null where the databases say it. */
  readonly guess: string | null;
}

/**
 * Decides which packages were added to a base: those that were asked for and are not asked for in the base, without what
 * came because they need it. `base` is null where the base's database is not known.
 */
export function findAddedPackages(final: PackageDatabase, base: PackageDatabase | null): AddedPackages {
  const known = new Set(base?.packages.map(({ name }) => name) ?? []);
  const inBase = new Set(base?.explicit ?? []);
  if (base === null) {
    const own = final.packages.filter((each) => !final.isOfDistribution(each));
    const names = final.explicit === null ? topOf(own) : pick(final.explicit, own);
    return { names: names.toSorted(compareText), guess: 'by what a plain image of the distribution has' };
  }
  const added = final.packages.filter(({ name }) => !known.has(name));
  if (final.explicit === null) {
    return { names: topOf(added).toSorted(compareText), guess: 'nothing else that was added needs them' };
  }
  // apk notes what was asked for in the base too; what dpkg does not call automatic may well be the base's.
  const asked = final.manager === 'apk' ? final.explicit.filter((each) => !inBase.has(each)) : final.explicit;
  const names = final.manager === 'apk' ? asked : pick(asked, added);
  // What was installed without being noted (apk add --root, dpkg -i) is found by what nothing needs.
  if (names.length > 0 || added.length === 0) return { names: names.toSorted(compareText), guess: null };
  return { names: topOf(added).toSorted(compareText), guess: 'nothing else that was added needs them' };
}

function pick(wanted: readonly string[], packages: readonly InstalledPackage[]): readonly string[] {
  const names = new Set(packages.map(({ name }) => name));
  return wanted.filter((each) => names.has(/^[^~=<>]*/.exec(each)?.[0] ?? each));
}

/** Those that no other of them needs; all of them where each needs another one. */
function topOf(packages: readonly InstalledPackage[]): readonly string[] {
  const needed = new Map<string, Set<string>>();
  for (const { name, depends } of packages) {
    for (const each of depends) needed.set(each, (needed.get(each) ?? new Set<string>()).add(name));
  }
  const isTop = ({ name, provides }: InstalledPackage) =>
    [name, ...provides].every((each) => [...(needed.get(each) ?? [])].every((user) => user === name));
  const top = packages.filter(isTop);
  return (top.length > 0 ? top : packages).map(({ name }) => name);
}
