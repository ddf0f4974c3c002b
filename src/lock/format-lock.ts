import { Document, isScalar, visit } from 'yaml';
import { compareText } from '../platform/order.ts';
import type { LockedImage, LockedTarget, LockedUpstream, RecipeLock } from './lock.ts';
import { LOCK_FORMAT } from './lock-schema.ts';

const HEAD =
  ' Written by `forkwright lock`; commit it. To change what is in it, change the recipe or run it with --update.';

/** A value of the file: a text, or a map of more; null is left out, as empty maps are. */
type Entry = string | null | Entries;
type Entries = ReadonlyMap<string, Entry>;

// The keys of the format itself. All others are names from outside, which are quoted: `no` could be a package.
const OWN_KEYS = new Set<unknown>(
  ['format', 'artifacts', 'files', 'images', 'targets', 'upstreams', 'index', 'platforms', 'recipe', 'digest'].concat([
    'created',
    'inputHash',
    'packages',
    'sourceDateEpoch',
    'commit',
    'ref',
    'time',
    'tree',
    'version',
  ]),
);

/**
 * Gives the text of a lock file: keys sorted, one fact on a line, every value in double quotes, so that no reader takes
 * a commit such as `33e8500000` for a number or `no` for false, and merging two changes seldom conflicts. `parseLock`
 * takes it back.
 */
export function formatLock({ artifacts, files, images, targets, upstreams }: RecipeLock): string {
  const entries = new Map<string, Entry>([
    ['format', LOCK_FORMAT],
    ['artifacts', entriesOf(artifacts, (text) => text)],
    ['files', entriesOf(files, (digest) => digest)],
    ['images', entriesOf(images, imageEntry)],
    ['targets', entriesOf(targets, targetEntry)],
    ['upstreams', entriesOf(upstreams, upstreamEntry)],
  ]);
  // Maps, not objects: JavaScript puts an object's keys that are numbers in front.
  const document = new Document(prune(entries), { version: '1.2', aliasDuplicateObjects: false });
  document.commentBefore = HEAD;
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && OWN_KEYS.has(key.value)) key.type = 'PLAIN';
    },
  });
  // Quoted as JSON, each value on its line however long it is.
  return document.toString({ defaultStringType: 'QUOTE_DOUBLE', doubleQuotedAsJSON: true, lineWidth: 0 });
}

/** Seconds since 1970 as the file has them, RFC 3339 in UTC. */
export function formatTime(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString().replace('.000Z', 'Z');
}

function imageEntry(image: LockedImage): Entries {
  if (image.kind === 'recipe') return new Map([['recipe', image.recipe]]);
  const platforms = entriesOf(image.platforms, ({ digest, createdSeconds }) => {
    const created = createdSeconds === null ? null : formatTime(createdSeconds);
    return new Map<string, Entry>([
      ['created', created],
      ['digest', digest],
    ]);
  });
  return new Map<string, Entry>([
    ['index', image.index],
    ['platforms', platforms],
  ]);
}

function targetEntry({ inputHash, epochSeconds, packages }: LockedTarget): Entries {
  return new Map<string, Entry>([
    ['inputHash', inputHash],
    ['packages', entriesOf(packages, (version) => version)],
    ['sourceDateEpoch', epochSeconds === null ? null : String(epochSeconds)],
  ]);
}

function upstreamEntry({ commit, ref, epochSeconds, tree, version }: LockedUpstream): Entries {
  return new Map<string, Entry>([
    ['commit', commit],
    ['ref', ref],
    ['time', formatTime(epochSeconds)],
    ['tree', tree],
    ['version', version],
  ]);
}

function entriesOf<Value>(map: ReadonlyMap<string, Value>, entryOf: (value: Value) => Entry): Entries {
  const sorted = [...map].toSorted(([a], [b]) => compareText(a, b));
  return new Map(sorted.map(([key, value]) => [key, entryOf(value)]));
}

function prune(entries: Entries): Entries {
  const kept = [...entries].flatMap(([key, value]): readonly (readonly [string, Entry])[] => {
    if (value === null || typeof value === 'string') return value === null ? [] : [[key, value]];
    return value.size === 0 ? [] : [[key, prune(value)]];
  });
  return new Map(kept);
}
