import type { FlattenOptions } from '../archive/layers/flatten-image.ts';
import type { ImageSource } from '../archive/read/image-source.ts';
import type { LoadedImage } from '../image/image-set.ts';
import { findFolder, findNode, type Folder, type Inode, type InodeTree } from '../image/files/inode-tree.ts';
import { splitPath } from '../image/files/layer-item.ts';
import { compareText } from '../platform/order.ts';
import { readApkDatabase } from './apk-database.ts';
import { readDpkgDatabase } from './dpkg-database.ts';
import type { PackageDatabase } from './package-database.ts';
import { readTexts } from './read-texts.ts';

const APK = ['/lib/apk/db/installed', '/usr/lib/apk/db/installed'];
const APK_WORLD = '/etc/apk/world';
const DPKG = '/var/lib/dpkg/status';
const DPKG_FOLDER = '/var/lib/dpkg/status.d';
const DPKG_LISTS = '/var/lib/dpkg/info';
const APT = '/var/lib/apt/extended_states';

/** Folders that package managers keep for themselves: what is in them says nothing that the packages do not. */
export const DATABASE_PATHS: readonly string[] = [
  '/lib/apk',
  '/usr/lib/apk',
  APK_WORLD,
  '/var/lib/dpkg',
  '/var/lib/apt',
];

/**
 * Reads the database of the package manager in an image, with the files of each package; null where there is none.
 * Throws what reading the layers throws, and `adopt.too-large`.
 */
export async function findPackages(
  source: ImageSource,
  image: LoadedImage,
  tree: InodeTree,
  options: FlattenOptions,
): Promise<PackageDatabase | null> {
  const read = (inodes: readonly (Inode | null)[]) =>
    readTexts(
      source,
      image,
      inodes.filter((inode) => inode !== null),
      options,
    );
  const apk = APK.map((path) => findFile(tree, path)).find((inode) => inode !== null);
  if (apk !== undefined) {
    const world = findFile(tree, APK_WORLD);
    const texts = await read([apk, world]);
    return readApkDatabase(textOf(texts, apk) ?? '', textOf(texts, world));
  }
  const status = findFile(tree, DPKG);
  const parts = listFolder(tree, DPKG_FOLDER).filter(([name]) => !name.endsWith('.md5sums'));
  if (status === null && parts.length === 0) return null;
  const states = findFile(tree, APT);
  const lists = [...listFolder(tree, DPKG_LISTS), ...listFolder(tree, DPKG_FOLDER)];
  const paths = new Map(lists.filter(([name]) => /\.(?:list|md5sums)$/.test(name)));
  const texts = await read([status, states, ...parts.map(([, inode]) => inode), ...paths.values()]);
  const stanzas = [textOf(texts, status), ...parts.map(([, inode]) => textOf(texts, inode))];
  return readDpkgDatabase(
    stanzas.filter((text) => text !== null).join('\n\n'),
    textOf(texts, states),
    (name, architecture) => {
      const list = paths.get(`${name}.list`) ?? paths.get(`${name}:${architecture}.list`);
      if (list !== undefined) return (textOf(texts, list) ?? '').split('\n').filter((path) => path !== '');
      const sums = textOf(texts, paths.get(`${name}.md5sums`) ?? null) ?? '';
      return sums.split('\n').flatMap((line) => /^[0-9a-f]{32} [ *](.+)$/.exec(line)?.[1] ?? []);
    },
  );
}

/** By path as the tree has it, with all links resolved: the package that a file belongs to. */
export function ownersOfFiles(database: PackageDatabase, tree: InodeTree): ReadonlyMap<string, string> {
  const folders = pathsOfFolders(tree);
  const owners = new Map<string, string>();
  for (const { name, paths } of database.packages) {
    for (const path of paths) {
      const parts = splitPath(path);
      if (typeof parts === 'string') continue;
      const last = parts.at(-1);
      const folder = findFolder(tree, parts.slice(0, -1), null);
      const above = typeof folder === 'string' ? undefined : folders.get(folder);
      if (last !== undefined && above !== undefined) owners.set(`${above}/${last}`, name);
    }
  }
  return owners;
}

function pathsOfFolders({ root }: InodeTree): ReadonlyMap<Folder, string> {
  const paths = new Map<Folder, string>([[root, '']]);
  // A map gives what is added to it while it is gone through.
  for (const [folder, path] of paths) {
    for (const [name, node] of folder.children) if (node.kind === 'folder') paths.set(node, `${path}/${name}`);
  }
  return paths;
}

/** The file that a path leads to, links followed; null for none. */
export function findFile(tree: InodeTree, path: string): Inode | null {
  const parts = splitPath(path);
  const found = typeof parts === 'string' ? 'absent' : findNode(tree, parts);
  if (typeof found === 'string' || found.kind === 'folder') return null;
  return found.item.type === 'file' ? found : null;
}

function listFolder(tree: InodeTree, path: string): readonly (readonly [string, Inode])[] {
  const parts = splitPath(path);
  const folder = typeof parts === 'string' ? 'absent' : findFolder(tree, parts, null);
  if (typeof folder === 'string') return [];
  const files = [...folder.children].flatMap(([name, node]): readonly (readonly [string, Inode])[] =>
    node.kind === 'inode' && node.item.type === 'file' ? [[name, node]] : [],
  );
  return files.toSorted(([a], [b]) => compareText(a, b));
}

function textOf(texts: ReadonlyMap<Inode, string>, inode: Inode | null): string | null {
  return inode === null ? null : (texts.get(inode) ?? '');
}
