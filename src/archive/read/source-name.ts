import { resolve } from 'node:path';
import { ForkwrightError } from '../../errors.ts';
import type { ImageSource } from './image-source.ts';
import { isThere } from './is-there.ts';

/** A source as the user named it, taken apart. */
export interface SourceName {
  readonly path: string;
  /** What a prefix says it is. */
  readonly kind: 'file' | 'folder' | 'any';
  /** The one image that is meant; null for all. */
  readonly image: string | null;
}

const PREFIXES: Readonly<Record<string, SourceName['kind']>> = {
  oci: 'folder',
  'oci-archive': 'file',
  'docker-archive': 'file',
  dir: 'folder',
};

/**
 * Takes a path, perhaps with skopeo's prefix; only with one can a name follow: `oci:folder:tag`. A path that is there as
 * it stands is never cut. Throws the system's error. Specification: containers-transports(5).
 */
export async function parseSourceName(text: string, cwd: string): Promise<SourceName> {
  const prefix = /^([a-z-]+):/.exec(text)?.[1] ?? '';
  const kind = Object.hasOwn(PREFIXES, prefix) ? PREFIXES[prefix] : undefined;
  if (kind === undefined) return { path: text, kind: 'any', image: null };
  const rest = text.slice(prefix.length + 1);
  // On Windows the first colon may be the drive's.
  const colon = rest.indexOf(':', /^[A-Za-z]:[\\/]/.test(rest) ? 2 : 0);
  if (colon === -1 || (await isThere(resolve(cwd, rest)))) return { path: rest, kind, image: null };
  return { path: rest.slice(0, colon), kind, image: rest.slice(colon + 1) };
}

/** Gives the source with the roots of one name only; null leaves it as it is. Throws `archive.no-such-image`. */
export function selectRoots(source: ImageSource, image: string | null): ImageSource {
  if (image === null) return source;
  const isMeant = (name: string) => name === image || name.endsWith(`/${image}`) || name.endsWith(`:${image}`);
  const roots = source.roots.filter(({ names }) => names.some(isMeant));
  if (roots.length > 0) return { ...source, roots };
  const names = source.roots.flatMap((root) => root.names);
  throw new ForkwrightError('archive.no-such-image', `it holds no image ${JSON.stringify(image)}`, {
    place: source.name,
    hint: names.length === 0 ? 'its images have no names' : `it holds ${names.join(', ')}`,
  });
}
