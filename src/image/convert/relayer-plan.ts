import type { Finding } from '../../finding.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { shortDigest } from '../blob-uses.ts';
import type { LoadedImage } from '../image-set.ts';

/** Which layers are to become one. */
export interface LayerPlan {
  /** Of each image, in the order of the images: its new layers from the lowest, as positions of old ones. */
  readonly groups: readonly (readonly (readonly number[])[])[];
  readonly findings: readonly Finding[];
}

interface Group {
  readonly positions: readonly number[];
  /** As the layers are stored. */
  readonly sizeBytes: number;
  /** How many images have the layers of the group, the image itself among them; the most of any layer. */
  readonly images: number;
}

/**
 * Decides which adjacent layers are merged so that no image has more than `maxLayers`: again and again the pair that costs
 * the least, its bytes plus its bytes for every image that shares it. A layer that several images share is left alone as
 * long as others can be merged; where it cannot be, a finding says what is no longer shared. Pure; throws RangeError for
 * less than one layer.
 */
export function planLayers(images: readonly LoadedImage[], maxLayers: number): LayerPlan {
  if (!Number.isSafeInteger(maxLayers) || maxLayers < 1) throw new RangeError('an image has at least one layer');
  const uses = countUses(images);
  const findings: Finding[] = [];
  const groups = images.map((image) => {
    const merged = mergeCheapest(image, maxLayers, uses);
    const shared = merged.filter(({ positions, images: count }) => positions.length > 1 && count > 1);
    if (shared.length > 0) findings.push(sharedFinding(image, shared));
    return merged.map(({ positions }) => positions);
  });
  return { groups, findings };
}

/** In how many of the images each layer is. */
function countUses(images: readonly LoadedImage[]): ReadonlyMap<Digest, number> {
  const uses = new Map<Digest, number>();
  const distinct = new Map(images.map((image) => [image.descriptor.digest, image]));
  for (const { manifest } of distinct.values()) {
    for (const digest of new Set(manifest.layers.map((layer) => layer.digest))) {
      uses.set(digest, (uses.get(digest) ?? 0) + 1);
    }
  }
  return uses;
}

function mergeCheapest(
  { manifest }: LoadedImage,
  maxLayers: number,
  uses: ReadonlyMap<Digest, number>,
): readonly Group[] {
  const groups: Group[] = manifest.layers.map(({ digest, sizeBytes }, position) => {
    return { positions: [position], sizeBytes, images: uses.get(digest) ?? 1 };
  });
  while (groups.length > maxLayers) {
    const at = cheapestPair(groups);
    const [lower, upper] = groups.slice(at, at + 2);
    if (lower === undefined || upper === undefined) break;
    groups.splice(at, 2, {
      positions: [...lower.positions, ...upper.positions],
      sizeBytes: lower.sizeBytes + upper.sizeBytes,
      images: Math.max(lower.images, upper.images),
    });
  }
  return groups;
}

/** The lower one of the two; the lowest pair where several cost the same. */
function cheapestPair(groups: readonly Group[]): number {
  let best = { at: 0, isShared: true, cost: Infinity };
  for (let at = 0; at + 1 < groups.length; at++) {
    const pair = groups.slice(at, at + 2);
    const cost = pair.reduce((sum, { sizeBytes, images }) => sum + sizeBytes * images, 0);
    const isShared = pair.some(({ images }) => images > 1);
    const isBetter = isShared === best.isShared ? cost < best.cost : best.isShared;
    if (isBetter) best = { at, isShared, cost };
  }
  return best.at;
}

function sharedFinding(image: LoadedImage, shared: readonly Group[]): Finding {
  const count = shared.reduce((sum, { positions }) => sum + positions.length, 0);
  const place = image.platform === null ? shortDigest(image.descriptor.digest) : formatPlatform(image.platform);
  return {
    code: 'relayer.shared-layers',
    severity: 'warning',
    place,
    text: `${count} layers were merged, some of which other images share; they are stored once more now`,
    hint: 'allow more layers, to keep what is shared',
  };
}
