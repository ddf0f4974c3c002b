import { join } from 'node:path';
import { findPackages } from '../adopt/find-packages.ts';
import { readTree } from '../archive/layers/flatten-image.ts';
import { openImageSource } from '../archive/read/open.ts';
import { loadImageSet } from '../archive/read/load-images.ts';
import { imagesFor } from '../image/select/images-for.ts';
import { archivePath } from '../recipe/output-names.ts';
import type { Target } from '../recipe/target.ts';
import { isThere } from '../archive/read/is-there.ts';
import type { Invocation } from './command.ts';

/**
 * Reads the versions of all packages in the archive that was built of a target, by name; null where there is none, or no
 * package database in it. Throws what reading an archive throws.
 */
export async function readPackages(
  target: Target,
  { root, signal }: Pick<Invocation, 'root' | 'signal'>,
): Promise<ReadonlyMap<string, string> | null> {
  const path = archivePath(target);
  if (!(await isThere(join(root, path)))) return null;
  const source = await openImageSource(path, root);
  try {
    const { set } = await loadImageSet(source);
    const [image] = imagesFor(set, target.platform);
    if (image === undefined) return null;
    const { tree } = await readTree(source, image, { signal });
    const database = await findPackages(source, image, tree, { signal });
    return database === null ? null : new Map(database.packages.map(({ name, version }) => [name, version]));
  } finally {
    await source.close();
  }
}
