import { formatReference, type ImageReference } from '../../oci/reference.ts';
import type { PublishedImage } from '../../plan/published-image.ts';
import { readPublished } from '../../plan/read-published.ts';
import { DEFAULT_TAG } from '../../registry/source/registry-source.ts';
import type { RegistryClient } from '../../registry/registry-client.ts';
import { mirrorRepository } from '../../registry/source/registry-source-mirror.ts';
import type { Repository } from '../../registry/repository/repository.ts';
import type { Invocation } from '../command.ts';
import { createClient } from '../open-registry.ts';

/** The registries that say what images were built from. */
export interface RecordRegistries {
  /** Where a recipe is published: never a mirror. */
  readonly open: (reference: ImageReference) => Promise<Repository>;
  /** What a build gets under a name, from a mirror where there is one; null where there is nothing. */
  readonly readUsed: (reference: ImageReference) => Promise<PublishedImage | null>;
  /** Closes idle connections; images can be asked for again afterwards. */
  readonly close: () => Promise<void>;
}

/** Gives what asks registries, or for what is used the mirrors, about images. Asks nobody yet. */
export function openRecordRegistries(
  mirrors: Readonly<Record<string, string>>,
  invocation: Invocation,
): RecordRegistries {
  let client: Promise<RegistryClient> | null = null;
  const open = async (place: Pick<ImageReference, 'registry' | 'repository'>) =>
    (await (client ??= createClient(invocation))).repository(place);
  return {
    open,
    readUsed: async (reference) => {
      const repository = await open(mirrorRepository(reference, mirrors));
      return readPublished(formatReference(reference), reference.digest ?? reference.tag ?? DEFAULT_TAG, repository);
    },
    close: async () => {
      const opened = await client;
      client = null;
      opened?.close();
    },
  };
}

/**
 * Gives what is published of an image under tags, in their order, until `hasAll` says so; empty where there is nothing.
 * Throws what `readPublished` throws.
 */
export async function readTags(
  name: string,
  tags: readonly string[],
  repository: Pick<Repository, 'readManifest'>,
  hasAll: (images: readonly PublishedImage[]) => boolean,
): Promise<readonly PublishedImage[]> {
  const images: PublishedImage[] = [];
  for (const tag of tags) {
    const image = await readPublished(`${name}:${tag}`, tag, repository);
    if (image !== null) images.push(image);
    if (hasAll(images)) break;
  }
  return images;
}
