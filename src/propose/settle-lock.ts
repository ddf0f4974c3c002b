import { satisfies, validRange } from 'semver';
import { matchesStars } from '../image/compare/compare-accepted.ts';
import type { LockedImage, LockedUpstream, RecipeLock } from '../lock/lock.ts';
import { formatFamiliar, parseReference } from '../oci/reference.ts';
import type { IgnoreRule } from '../recipe/resolve-propose.ts';
import { findNews, isSameUpstream } from './news.ts';
import { followedKey, keysOfMove, type PinMove } from './pin-move.ts';

/** A news that a rule passes over. */
export interface PassedOver {
  /** What moved, for people. */
  readonly what: string;
  readonly rule: IgnoreRule;
}

export interface SettledLock {
  /** What is to be locked anew: facts that are not in it are looked up. */
  readonly lock: RecipeLock;
  /** Those that are taken: the lock is that of the recipe with these commits. */
  readonly moves: readonly PinMove[];
  readonly passedOver: readonly PassedOver[];
}

/**
 * Decides which of the news of a recipe are taken: `old` is what is locked, `fresh` what would be if all were. What has not
 * moved stays as it is, also where an index was written anew for platforms that nobody uses; so does what a rule of
 * `ignore` names. `today` is `2026-11-21`, in UTC. `moves` are those that commits which the recipe names could make.
 */
export function settleLock(
  recipe: string,
  old: RecipeLock,
  fresh: RecipeLock,
  ignore: readonly IgnoreRule[],
  today: string,
  moves: readonly PinMove[] = [],
): SettledLock {
  const rules = ignore.filter((rule) => holds(rule, recipe, today));
  const passedOver: PassedOver[] = [];
  const passOver = (what: string, rule: IgnoreRule | undefined) => {
    if (rule !== undefined) passedOver.push({ what, rule });
    return rule !== undefined;
  };
  const movable = new Map(moves.map((move) => [keysOfMove(move).old, move]));
  const taken: PinMove[] = [];
  const upstreams = [...fresh.upstreams].map(([key, now]) => {
    const [before, move] = [old.upstreams.get(key), movable.get(key)];
    const next = move?.to ?? now;
    if (before === undefined || isSameUpstream(before, next)) return [key, before ?? now] as const;
    const rule = rules.find((each) => each.what === 'upstream' && concernsUpstream(each, next));
    const name = move === undefined ? key : followedKey(move);
    if (passOver(`${name} at ${next.version}`, rule)) return [key, before] as const;
    if (move === undefined) return [key, next] as const;
    taken.push(move);
    return [keysOfMove(move).new, next] as const;
  });
  const moved = new Set(findNews(old, fresh).images.map(({ key }) => key));
  const images = [...fresh.images].map(([key, now]) => {
    const before = old.images.get(key);
    if (before === undefined || before.kind !== now.kind) return [key, now] as const;
    if (!moved.has(key)) return [key, before] as const;
    const rule = rules.find((each) => concernsImage(each, key, now));
    return [key, passOver(formatFamiliar(parseReference(key)), rule) ? before : now] as const;
  });
  // Of an image that could not be asked for here, since upstream's Dockerfile names it, a rule for all versions holds.
  const kept = [...old.images].filter(([key, before]) => {
    return !fresh.images.has(key) && rules.some((each) => each.versions === null && concernsImage(each, key, before));
  });
  const lock = { ...fresh, upstreams: new Map(upstreams), images: new Map([...images, ...kept]) };
  return { lock, moves: taken, passedOver };
}

function holds({ recipe, until }: IgnoreRule, name: string, today: string): boolean {
  return (recipe === null || matchesStars(recipe, name)) && (until === null || today < until);
}

function concernsUpstream({ versions }: IgnoreRule, { version, commit }: LockedUpstream): boolean {
  if (versions === null || commit.startsWith(versions)) return true;
  return validRange(versions) !== null && satisfies(version, versions, { includePrerelease: true, loose: true });
}

function concernsImage({ what, versions }: IgnoreRule, key: string, image: LockedImage): boolean {
  const isMeant = what === 'base' || matchesStars(what, key) || matchesStars(what, formatFamiliar(parseReference(key)));
  if (!isMeant || image.kind !== 'registry') return false;
  const digests = [image.index, ...[...image.platforms.values()].map(({ digest }) => digest)];
  return versions === null || digests.some((digest) => digest?.startsWith(versions) === true);
}
