import { ForkwrightError } from '../../errors.ts';
import { formatFamiliar, parseReference, type ImageReference } from '../../oci/reference.ts';
import { compareText } from '../../platform/order.ts';

/**
 * The names of an image that are whole references with a tag, each once, sorted as people write them. What else an
 * archive may call an image (skopeo lets any text stand) has no place in docker's archives.
 */
export function taggedNames(names: readonly string[]): readonly ImageReference[] {
  const found = new Map<string, ImageReference>();
  for (const name of names) {
    const reference = readTagged(name);
    if (reference !== null) found.set(formatFamiliar(reference), reference);
  }
  return [...found].toSorted(([a], [b]) => compareText(a, b)).map(([, reference]) => reference);
}

/** The reference that a name is; null for one without a tag, and for what is no reference. */
export function readTagged(name: string): ImageReference | null {
  try {
    const reference = parseReference(name);
    return reference.tag === null || reference.digest !== null ? null : reference;
  } catch (error) {
    if (error instanceof ForkwrightError) return null;
    throw error;
  }
}

/** Gives the bytes of docker's file `repositories`: repository, tag, id. Specification: Docker image spec v1. */
export function encodeRepositories(
  ids: readonly { readonly name: ImageReference; readonly id: string }[],
  format: (name: ImageReference) => string = formatFamiliar,
): Buffer {
  const repositories = new Map<string, Map<string, string>>();
  for (const { name, id } of ids) {
    const repository = format({ ...name, tag: null });
    const tags = repositories.get(repository) ?? new Map<string, string>();
    repositories.set(repository, tags.set(name.tag ?? '', id));
  }
  const sorted = [...repositories].toSorted(([a], [b]) => compareText(a, b));
  const entries = sorted.map(([repository, tags]) => [
    repository,
    Object.fromEntries([...tags].toSorted(([a], [b]) => compareText(a, b))),
  ]);
  return Buffer.from(JSON.stringify(Object.fromEntries(entries)));
}
