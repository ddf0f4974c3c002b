import { formatTime } from '../lock/format-lock.ts';
import type { LockedImage, LockedUpstream, RecipeLock, RegistryImage } from '../lock/lock.ts';
import type { Digest } from '../oci/digest.ts';
import { formatFamiliar, parseReference } from '../oci/reference.ts';
import { compareText } from '../platform/order.ts';
import { followedKey, keysOfMove, type PinMove } from './pin-move.ts';

/** An upstream that a recipe follows, and what is new of it. */
export interface UpstreamNews {
  /** As locks have it, without a commit that the recipe names: `https://example.org/tool.git branch main`. */
  readonly key: string;
  readonly old: LockedUpstream;
  readonly new: LockedUpstream;
}

/** An image that a recipe is made from, and what is new of it. */
export interface ImageNews {
  /** As locks have it: `docker.io/library/alpine:3.20`. */
  readonly key: string;
  /** For people: `alpine:3.20`. */
  readonly name: string;
  /** Null for an image that was not used before, and for one that is not used any more. */
  readonly old: RegistryImage | null;
  readonly new: RegistryImage | null;
  /** The platforms that differ. */
  readonly platforms: readonly {
    readonly platform: string;
    readonly old: Digest | null;
    readonly new: Digest | null;
  }[];
}

/** What is new of what a recipe is built from. */
export interface News {
  readonly upstreams: readonly UpstreamNews[];
  readonly images: readonly ImageNews[];
}

/**
 * Finds what moved between two locks of a recipe: commits and versions of upstreams, and images whose manifests differ for a
 * platform that is used; an index of which nothing but other platforms changed is no news. `moves` are those of commits that
 * the recipe names, which is another one in the fresh lock for it.
 */
export function findNews(old: RecipeLock, fresh: RecipeLock, moves: readonly PinMove[] = []): News {
  const upstreams = [...fresh.upstreams].flatMap(([key, now]) => {
    const before = old.upstreams.get(key);
    return before === undefined || isSameUpstream(before, now) ? [] : [{ key, old: before, new: now }];
  });
  const moved = moves.flatMap((move) => {
    const keys = keysOfMove(move);
    const [before, now] = [old.upstreams.get(keys.old), fresh.upstreams.get(keys.new)];
    return before === undefined || now === undefined ? [] : [{ key: followedKey(move), old: before, new: now }];
  });
  const keys = new Set([...old.images.keys(), ...fresh.images.keys()]);
  const images = [...keys].toSorted(compareText).flatMap((key) => {
    const [before, now] = [registryImage(old.images.get(key)), registryImage(fresh.images.get(key))];
    const platforms = diffPlatforms(before, now);
    return platforms.length === 0 ? [] : [{ key, name: familiarName(key), old: before, new: now, platforms }];
  });
  return { upstreams: [...upstreams, ...moved].toSorted((a, b) => compareText(a.key, b.key)), images };
}

/** Whether something moved; what the recipe itself has changed is for `forkwright lock`. */
export function hasNews({ upstreams, images }: News): boolean {
  return upstreams.length > 0 || images.some(isMove);
}

/** Whether an image that was there already is another one now. */
export function isMove({ platforms }: ImageNews): boolean {
  return platforms.some((each) => each.old !== null && each.new !== null);
}

export function isSameUpstream(a: LockedUpstream, b: LockedUpstream): boolean {
  return a.commit === b.commit && a.version === b.version;
}

/** When the newest of the news was made, ISO 8601; null where nothing says so. */
export function newsDate({ upstreams, images }: News): string | null {
  const ofImages = images.flatMap(({ new: image }) => [...(image?.platforms.values() ?? [])]);
  const seconds = [
    ...upstreams.map((each) => each.new.epochSeconds),
    ...ofImages.flatMap(({ createdSeconds }) => createdSeconds ?? []),
  ];
  return seconds.length === 0 ? null : formatTime(Math.max(...seconds));
}

function diffPlatforms(old: RegistryImage | null, fresh: RegistryImage | null): ImageNews['platforms'] {
  const names = new Set([...(old?.platforms.keys() ?? []), ...(fresh?.platforms.keys() ?? [])]);
  return [...names]
    .toSorted(compareText)
    .map((platform) => ({
      platform,
      old: old?.platforms.get(platform)?.digest ?? null,
      new: fresh?.platforms.get(platform)?.digest ?? null,
    }))
    .filter((each) => each.old !== each.new);
}

function registryImage(image: LockedImage | undefined): RegistryImage | null {
  return image?.kind === 'registry' ? image : null;
}

function familiarName(key: string): string {
  return formatFamiliar(parseReference(key));
}
