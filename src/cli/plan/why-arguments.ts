import { readArchiveIndex } from '../../plan/local-store.ts';
import { readPublished } from '../../plan/read-published.ts';
import type { PublishedImage } from '../../plan/published-image.ts';
import { ForkwrightError } from '../../errors.ts';
import { formatReference } from '../../oci/reference.ts';
import { parsePlatform } from '../../platform/parse.ts';
import { formatPlatform } from '../../platform/platform.ts';
import type { Invocation } from '../command.ts';
import { findReference } from '../find-reference.ts';
import { createClient } from '../open-registry.ts';

export interface NamedTarget {
  readonly recipe: string;
  /** `linux/arm/v7`; null for all of the recipe's. */
  readonly platform: string | null;
}

/** Takes `RECIPE[@PLATFORM]`. Throws `platform.unknown`. */
export function parseNamedTarget(word: string): NamedTarget {
  const at = word.indexOf('@');
  if (at === -1) return { recipe: word, platform: null };
  return { recipe: word.slice(0, at), platform: formatPlatform(parsePlatform(word.slice(at + 1))) };
}

/**
 * Reads the image that is named on the command line to be compared with, of a registry itself or in an archive. Throws
 * `plan.no-image` where there is none, and what the registry client and opening archives throw.
 */
export async function readNamedImage(word: string, invocation: Invocation): Promise<PublishedImage> {
  const reference = await findReference(word, invocation.cwd);
  const image = reference === null ? await readArchiveIndex(invocation.cwd, word) : await ask(reference, invocation);
  if (image !== null) return image;
  throw new ForkwrightError('plan.no-image', 'there is no such image', {
    place: word,
    hint: '--against takes an image of a registry, or an archive',
  });
}

async function ask(
  reference: NonNullable<Awaited<ReturnType<typeof findReference>>>,
  invocation: Invocation,
): Promise<PublishedImage | null> {
  const client = await createClient(invocation);
  try {
    const { tag, digest } = reference;
    return await readPublished(formatReference(reference), digest ?? tag ?? 'latest', client.repository(reference));
  } finally {
    client.close();
  }
}
