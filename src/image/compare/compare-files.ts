import { compareText } from '../../platform/order.ts';
import type { FileView } from '../files/list-files.ts';
import type { ComparedFiles, Difference } from './compare-type.ts';

/**
 * Compares the packages of two images, and the files that belong to none: type, mode, owner, link, size of files, and
 * contents where they were read. Times are not compared: a build anew has others. Where the versions of a package differ,
 * so do its files, and they are not told of; what is below a folder that only one image has is told of by the folder.
 */
export function compareFiles(ours: ComparedFiles, theirs: ComparedFiles, platform: string): readonly Difference[] {
  const packages = comparePackages(ours.packages, theirs.packages, platform);
  const differing = new Set(packages.map(({ what }) => what.slice('packages.'.length)));
  const isCovered = (path: string) => {
    const owners = [ours.owners.get(path), theirs.owners.get(path)].filter((owner) => owner !== undefined);
    return owners.length > 0 && owners.every((owner) => differing.has(owner));
  };
  const folders = foldersOf(differing, [ours, theirs]);
  const our = new Map(ours.list.map((file) => [file.path, file]));
  const their = new Map(theirs.list.map((file) => [file.path, file]));
  const paths = [...new Set([...our.keys(), ...their.keys()])].toSorted(compareText);
  const files: Difference[] = [];
  const lone = new Set<string>();
  for (const path of paths) {
    const [one, other] = [our.get(path), their.get(path)];
    if (one === undefined || other === undefined) {
      const file = one ?? other;
      const isBelow = lone.has(above(path));
      if (file?.type === 'directory' || isBelow) lone.add(path);
      if (isBelow || isCovered(path) || (file?.type === 'directory' && folders.has(path))) continue;
    } else if (isCovered(path)) continue;
    const difference = compareFile(one, other, [ours.contents.get(path), theirs.contents.get(path)]);
    if (difference !== null) files.push({ what: `files.${path}`, platform, ...difference });
  }
  return [...packages, ...files];
}

function comparePackages(
  ours: ReadonlyMap<string, string>,
  theirs: ReadonlyMap<string, string>,
  platform: string,
): readonly Difference[] {
  const names = [...new Set([...ours.keys(), ...theirs.keys()])].toSorted(compareText);
  return names.flatMap((name) => {
    const [our, their] = [ours.get(name) ?? null, theirs.get(name) ?? null];
    return our === their ? [] : [{ what: `packages.${name}`, platform, ours: our, theirs: their }];
  });
}

/** Folders that are there for packages which differ anyway; apk does not list those without files of their own. */
function foldersOf(differing: ReadonlySet<string>, sides: readonly ComparedFiles[]): ReadonlySet<string> {
  const covered = new Set<string>();
  const others = new Set<string>();
  for (const [path, owner] of sides.flatMap(({ owners }) => [...owners])) {
    const found = differing.has(owner) ? covered : others;
    // What lies above a folder that is known is known too.
    for (let folder = above(path); folder !== '' && !found.has(folder); folder = above(folder)) found.add(folder);
  }
  return new Set([...covered].filter((folder) => !others.has(folder)));
}

function above(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function compareFile(
  one: FileView | undefined,
  other: FileView | undefined,
  [ourHash, theirHash]: readonly [string | undefined, string | undefined],
): Pick<Difference, 'ours' | 'theirs'> | null {
  if (one === undefined) return { ours: null, theirs: describe(other) };
  if (other === undefined) return { ours: describe(one), theirs: null };
  const isOther =
    one.type !== other.type ||
    one.uid !== other.uid ||
    one.gid !== other.gid ||
    one.link !== other.link ||
    // A link's own mode means nothing, and a folder's size neither.
    (one.type !== 'symlink' && one.mode !== other.mode) ||
    (one.type === 'file' && one.sizeBytes !== other.sizeBytes);
  if (isOther) return { ours: describe(one), theirs: describe(other) };
  if (ourHash === undefined || theirHash === undefined || ourHash === theirHash) return null;
  return { ours: `sha256:${ourHash.slice(0, 12)}`, theirs: `sha256:${theirHash.slice(0, 12)}` };
}

function describe(file: FileView | undefined): string | null {
  if (file === undefined) return null;
  const { type, mode, uid, gid, sizeBytes, link } = file;
  const owner = uid === 0 && gid === 0 ? [] : [`${uid}:${gid}`];
  if (type === 'symlink') return [`-> ${link ?? ''}`, ...owner].join(' ');
  return [type === 'file' ? `${sizeBytes} B` : type, mode, ...owner].join(' ');
}
