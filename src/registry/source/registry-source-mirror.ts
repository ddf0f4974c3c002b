import { formatReference, parseReference, type ImageReference } from '../../oci/reference.ts';

/**
 * Gives the repository in which an image is had: its own, or the one of the mirror of its registry. A mirror is a host, or
 * a host with a path, which goes in front of the repository's.
 */
export function mirrorRepository(
  reference: ImageReference,
  mirrors: Readonly<Record<string, string>>,
): Pick<ImageReference, 'registry' | 'repository'> {
  const { registry, repository } = reference;
  const mirror = mirrors[registry];
  if (mirror === undefined) return { registry, repository };
  const path = formatReference({ ...reference, tag: null, digest: null }).slice(registry.length);
  const mirrored = parseReference(`${mirror}${path}`);
  return { registry: mirrored.registry, repository: mirrored.repository };
}
