import { resolve } from 'node:path';
import { isThere } from '../archive/read/is-there.ts';
import { parseSourceName } from '../archive/read/source-name.ts';
import { ForkwrightError } from '../errors.ts';
import { parseReference, type ImageReference } from '../oci/reference.ts';

const PREFIX = 'docker://';
// What is written like a path, or called like an archive, is never asked for in a network.
const PATH = /^[./~-]|\\|^[A-Za-z]:[\\/]/;
const ARCHIVE = /\.(?:tar|tgz|txz|tzst|tbz2|zip)$|\.tar\.\w+$/;

/**
 * Gives the image of a registry that a word on the command line means, null where it means a file or folder: with
 * skopeo's prefix `docker://` always, without one where nothing of that name is there and it has a registry's host, a tag
 * or a digest. Throws `reference.malformed` for what follows the prefix and is no image name.
 */
export async function findReference(word: string, cwd: string): Promise<ImageReference | null> {
  if (word.startsWith(PREFIX)) return parseReference(word.slice(PREFIX.length));
  if (PATH.test(word) || ARCHIVE.test(word)) return null;
  const reference = readReference(word);
  if (reference === null || !isPlain(word, reference)) return null;
  const { kind } = await parseSourceName(word, cwd);
  return kind !== 'any' || (await isThere(resolve(cwd, word))) ? null : reference;
}

function readReference(word: string): ImageReference | null {
  try {
    return parseReference(word);
  } catch (error) {
    if (error instanceof ForkwrightError) return null;
    throw error;
  }
}

/** A name without host, tag and digest is more likely a file that is missing: `out/tool`. */
function isPlain(word: string, { registry, tag, digest }: ImageReference): boolean {
  return tag !== null || digest !== null || word.startsWith(`${registry}/`);
}
