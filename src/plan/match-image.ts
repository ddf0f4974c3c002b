import { diffLeaves } from './diff-leaves.ts';
import type { LeafChange } from './plan.ts';
import type { PublishedImage, PublishedTarget } from './published-image.ts';
import type { InputRecord } from './record.ts';

const NAMED = 3;

/** An image that was built from what a target would be built from now, or why there is none. */
export type ImageMatch =
  | { readonly image: PublishedImage; readonly target: PublishedTarget }
  | {
      readonly image: null;
      /** `image docker.io/library/alpine:3.20 differs from what registry.example.org/tool:1 was built from`. */
      readonly reason: string;
    };

/**
 * Looks for an image of a platform, `linux/arm/v7`, with the input hash that is wanted, in the order of `images`, of which
 * there is one at least. Why none fits is told of the first.
 */
export function matchImage(
  wanted: InputRecord,
  platform: string,
  images: readonly [PublishedImage, ...PublishedImage[]],
): ImageMatch {
  for (const image of images) {
    const target = image.platforms.get(platform);
    if (target?.record?.inputHash === wanted.inputHash) return { image, target };
  }
  const [{ name, platforms }] = images;
  const target = platforms.get(platform);
  if (target === undefined) return { image: null, reason: `${name} has no image for ${platform}` };
  return { image: null, reason: describeDifference(wanted, target.record, name) };
}

/** Says in what an image differs from what is wanted; `record` is what it was built from, null where that is not known. */
export function describeDifference(wanted: InputRecord, record: InputRecord | null, name: string): string {
  if (record === null) return `nothing says what ${name} was built from`;
  const changes = diffLeaves(record.leaves, wanted.leaves);
  return `${nameLeaves(changes)} ${changes.length === 1 ? 'differs' : 'differ'} from what ${name} was built from`;
}

function nameLeaves(changes: readonly LeafChange[]): string {
  const names = changes.slice(0, NAMED).map(({ leaf }) => leaf);
  return changes.length > NAMED ? `${names.join(', ')} and ${changes.length - NAMED} more` : names.join(', ');
}
