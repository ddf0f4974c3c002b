import { ForkwrightError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import { quoted } from './quoted.ts';
import type { Base } from './target.ts';
import { parseWorkspacePath } from './workspace-path.ts';

const ARCHIVE_PREFIX = /^(?:oci|oci-archive|docker-archive):/;
const ARCHIVE_NAME = /^\.{1,2}\/|\.(?:tar|tgz|tar\.(?:gz|xz|zst))$/;

/**
 * Takes what an image is based on or taken from: `scratch`, an archive of the workspace, told by a skopeo prefix, a
 * leading `./` or its ending, or an image name, with `docker://` where one likes. Throws `reference.malformed` and
 * `recipe.invalid-path`.
 */
export function parseBase(text: string): Base {
  if (text === 'scratch') return { type: 'scratch' };
  if (ARCHIVE_PREFIX.test(text)) return { type: 'archive', path: parseWorkspacePath(text.replace(ARCHIVE_PREFIX, '')) };
  if (ARCHIVE_NAME.test(text)) return { type: 'archive', path: parseWorkspacePath(text) };
  return { type: 'image', reference: parseReference(text.replace(/^docker:\/\//, '')) };
}

/** The same where a file is taken out of it. Throws also for `scratch`, which has none. */
export function parseFileImage(text: string): Exclude<Base, { type: 'scratch' }> {
  const base = parseBase(text);
  if (base.type === 'scratch') throw new ForkwrightError('recipe.invalid-value', `${quoted(text)} has no files`);
  return base;
}
