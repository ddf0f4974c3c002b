import { ForkwrightError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { CollectedManifest } from '../collect-manifests.ts';
import { partsOf } from '../select/select-children.ts';

/** A blob to write, once. */
export interface PlannedBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly role: 'index' | 'manifest' | 'config' | 'layer';
  /** The bytes where they are at hand; null where they are to be read from an input. */
  readonly bytes: Buffer | null;
}

/**
 * Lists the blobs below an index: manifests in their order, then configs and layers in the order of their first use, each
 * digest once. What `has` does not find (foreign layers) is left out. Throws `merge.size-disagrees` where two
 * descriptors give one digest two sizes: one of them lies.
 */
export function planBlobs(
  children: readonly CollectedManifest[],
  has: (descriptor: Descriptor) => boolean,
): readonly PlannedBlob[] {
  const planned = new Map<Digest, PlannedBlob>();
  const add = (role: PlannedBlob['role'], { digest, sizeBytes }: Descriptor, bytes: Buffer | null) => {
    const known = planned.get(digest);
    if (known === undefined) planned.set(digest, { digest, sizeBytes, role, bytes });
    else if (known.sizeBytes !== sizeBytes) throw sizeDisagrees(digest, known.sizeBytes, sizeBytes);
  };
  for (const { image } of children) add('manifest', image.descriptor, image.raw);
  for (const { image } of children) {
    const { config } = image.manifest;
    if (has(config)) add('config', config, image.config?.raw ?? config.data);
  }
  for (const child of children) {
    for (const layer of partsOf(child).slice(1)) if (has(layer)) add('layer', layer, layer.data);
  }
  return [...planned.values()];
}

function sizeDisagrees(digest: Digest, one: number, other: number): ForkwrightError {
  const [small, large] = [Math.min(one, other), Math.max(one, other)];
  return new ForkwrightError(
    'merge.size-disagrees',
    `${digest} is ${small} bytes in one manifest, ${large} in another`,
    {
      hint: '`forkwright verify` says which archive is wrong',
    },
  );
}
