import { loadImageSet } from '../../archive/read/load-images.ts';
import { openImageSource } from '../../archive/read/open.ts';
import { imagesFor } from '../../image/select/images-for.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatReference } from '../../oci/reference.ts';
import { formatPlatform, type Platform } from '../../platform/platform.ts';
import { readInputRecord } from '../../plan/input-record-file.ts';
import type { ParentImage } from '../../plan/known-inputs.ts';
import type { Target } from '../../recipe/target.ts';
import type { Invocation } from '../command.ts';
import { asReason } from './reason.ts';
import type { RecordRegistries } from './registry.ts';

/** The images of other recipes that a target is built on, by digest; or why they are not what its input hash says. */
export type ConfirmedParents = { readonly digests: readonly Digest[] } | { readonly why: string };

/**
 * Looks whether what other recipes publish is what their locks say: a tag is not locked, so that an image which nobody has
 * built anew yet would be taken for the new one.
 */
export async function confirmParents(
  parents: readonly ParentImage[],
  platform: Platform,
  registries: Pick<RecordRegistries, 'readUsed'>,
  { root, signal }: Pick<Invocation, 'root' | 'signal'>,
): Promise<ConfirmedParents> {
  const digests: Digest[] = [];
  for (const parent of parents) {
    const { from } = parent;
    const name = 'path' in from ? from.path : formatReference(from);
    try {
      const found =
        'path' in from
          ? await readArchive(root, from.path, from.parent)
          : (await registries.readUsed(from))?.platforms.get(formatPlatform(platform));
      if (found?.record?.inputHash !== parent.inputHash) {
        return { why: `${name} is not known to be what ${parent.recipe} and its lock are now` };
      }
      digests.push(found.digest);
    } catch (error) {
      return { why: `${name} could not be read: ${asReason(error, signal)}` };
    }
  }
  return { digests };
}

/** By the record that the parent's build has left: its archive and the index with it have the same manifest. */
async function readArchive(root: string, path: string, parent: Target) {
  const kept = await readInputRecord(root, parent);
  const source = await openImageSource(path, root);
  try {
    const [image] = imagesFor((await loadImageSet(source)).set, parent.platform);
    if (image === undefined) return undefined;
    const { digest } = image.descriptor;
    return { digest, record: kept?.digest === digest ? kept.record : null };
  } finally {
    await source.close();
  }
}
