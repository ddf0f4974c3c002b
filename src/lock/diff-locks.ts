import { compareText } from '../platform/order.ts';
import { formatTime } from './format-lock.ts';
import type { LockedImage, RecipeLock } from './lock.ts';

/** A fact that differs between two locks. */
export interface LockChange {
  /** `image docker.io/library/alpine:3.20 linux/amd64`. */
  readonly what: string;
  /** Null where there was none, and where there is none any more. */
  readonly old: string | null;
  readonly new: string | null;
}

/** Lists what differs between two locks, sorted. */
export function diffLocks(before: RecipeLock, after: RecipeLock): readonly LockChange[] {
  const [old, fresh] = [listFacts(before), listFacts(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .toSorted(compareText)
    .map((what) => ({ what, old: old.get(what) ?? null, new: fresh.get(what) ?? null }))
    .filter((change) => change.old !== change.new);
}

function listFacts(lock: RecipeLock): ReadonlyMap<string, string> {
  const facts: (readonly [string, string | null])[] = [];
  for (const [name, value] of lock.artifacts) facts.push([`artifact ${name}`, value]);
  for (const [path, digest] of lock.files) facts.push([`file ${path}`, digest]);
  for (const [name, image] of lock.images) facts.push(...listImageFacts(`image ${name}`, image));
  for (const [platform, { inputHash, epochSeconds, packages }] of lock.targets) {
    facts.push([`input hash ${platform}`, inputHash]);
    facts.push([`source date ${platform}`, epochSeconds === null ? null : formatTime(epochSeconds)]);
    for (const [name, version] of packages) facts.push([`package ${name} ${platform}`, version]);
  }
  for (const [key, { commit, ref, tree, version, epochSeconds }] of lock.upstreams) {
    facts.push([`upstream ${key}`, commit], [`upstream ${key} ref`, ref], [`upstream ${key} tree`, tree]);
    facts.push([`upstream ${key} version`, version], [`upstream ${key} time`, formatTime(epochSeconds)]);
  }
  return new Map(facts.flatMap(([what, value]) => (value === null ? [] : [[what, value]])));
}

function listImageFacts(what: string, image: LockedImage): readonly (readonly [string, string | null])[] {
  if (image.kind === 'recipe') return [[what, `recipe ${image.recipe}`]];
  const platforms = [...image.platforms].flatMap(([platform, { digest, createdSeconds }]) => [
    [`${what} ${platform}`, digest] as const,
    [`${what} ${platform} created`, createdSeconds === null ? null : formatTime(createdSeconds)] as const,
  ]);
  return [[what, image.index], ...platforms];
}
