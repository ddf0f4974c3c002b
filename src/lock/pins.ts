import { formatPlatform, type Platform } from '../platform/platform.ts';
import { NO_PINS, type ImagePin, type TargetPins } from '../recipe/target.ts';
import type { LockedImage, LockedUpstream, RecipeLock } from './lock.ts';

/** Gives what a lock says of a platform; `upstream` is the entry of the upstream that the platform is built from. */
export function pinsOf(lock: RecipeLock | null, upstream: LockedUpstream | null, platform: Platform): TargetPins {
  if (lock === null) return NO_PINS;
  const name = formatPlatform(platform);
  const images = [...lock.images].flatMap(([image, locked]): readonly (readonly [string, ImagePin])[] => {
    const pin = pinOf(locked, name);
    return pin === null ? [] : [[image, pin]];
  });
  return { upstream, images: new Map(images), epochSeconds: lock.targets.get(name)?.epochSeconds ?? null };
}

/** Null for an image that is not locked for the platform, which is not pinned then. */
function pinOf(image: LockedImage, platform: string): ImagePin | null {
  if (image.kind === 'recipe') return null;
  const onTarget = image.platforms.get(platform)?.digest ?? null;
  const [any] = image.platforms.values();
  const onBuilder = image.index ?? any?.digest ?? null;
  if (onBuilder === null) return null;
  return { onBuilder, onTarget: onTarget ?? onBuilder };
}
