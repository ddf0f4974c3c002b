import type { Path } from './fault.ts';
import { SOURCE_KEYS, sourceKinds } from './source-schema.ts';
import { TRACK_KEYS } from './upstream-schema.ts';
import { isMap, omitKeys, type YamlMap } from './yaml-map.ts';

/** A recipe's fields with the overrides of one entry of `platforms` in them. */
export interface Merged {
  readonly data: YamlMap;
  /** Where in the file a value of `data` stands; of what is not there, where its map stands. */
  readonly originOf: (path: Path) => Path;
}

/** Which values of a map come from the override: `path` is where the whole of it stands, null for the recipe's. */
interface Origin {
  readonly path: Path | null;
  readonly inner: ReadonlyMap<string, Origin>;
}

/**
 * Merges an override that stands at `at` into a recipe's fields: maps merge, lists and scalars replace, null removes.
 * What cannot be merged is replaced: a build of another kind, a source of another kind, another thing to follow.
 * Specification: RFC 7396 (JSON Merge Patch) but for that last rule.
 */
export function applyOverride(base: YamlMap, override: YamlMap, at: Path): Merged {
  const { value, origin } = mergeMaps(base, override, [], at);
  const originOf = (path: Path): Path => {
    let here = origin;
    for (const [index, part] of path.entries()) {
      const next = here.inner.get(String(part));
      if (next === undefined) return here.path === null ? path : [...here.path, ...path.slice(index)];
      here = next;
    }
    return here.path ?? path;
  };
  return { data: value, originOf };
}

function mergeMaps(base: YamlMap, override: YamlMap, path: Path, at: Path): { value: YamlMap; origin: Origin } {
  const kept = keepOf(base, override, path);
  const value = new Map(Object.entries(kept));
  const inner = new Map<string, Origin>();
  for (const [key, own] of Object.entries(override)) {
    const before = value.get(key);
    if (own === null) {
      value.delete(key);
      inner.set(key, { path: [...at, key], inner: new Map() });
    } else if (isMap(own) && isMap(before)) {
      const merged = mergeMaps(before, own, [...path, key], [...at, key]);
      value.set(key, merged.value);
      inner.set(key, merged.origin);
    } else {
      value.set(key, isMap(own) ? mergeMaps({}, own, [...path, key], [...at, key]).value : own);
      inner.set(key, { path: [...at, key], inner: new Map() });
    }
  }
  // A map of which nothing is left was replaced: what it lacks, the override lacks.
  const isReplaced = path.length > 0 && Object.keys(kept).length === 0;
  return { value: Object.fromEntries(value), origin: { path: isReplaced ? at : null, inner } };
}

/** What of a recipe's map an override leaves to be merged with. */
function keepOf(base: YamlMap, override: YamlMap, path: Path): YamlMap {
  const [top] = path;
  if (path.length !== 1) return base;
  if (top === 'build') {
    const kind = override['kind'];
    if (isGiven(kind) && kind !== base['kind']) return {};
    const [before] = sourceKinds(base);
    const isOther = sourceKinds(override).some((source) => {
      // Beside the recipe's image, path is the path inside it.
      const isSame = source === before || (source === 'path' && before === 'image');
      return !isSame && isGiven(override[source]);
    });
    return isOther ? omitKeys(base, SOURCE_KEYS) : base;
  }
  // A commit is one of what was followed.
  const isOther = TRACK_KEYS.some((key) => isGiven(override[key]) && !isGiven(base[key]));
  return top === 'upstream' && isOther ? omitKeys(base, [...TRACK_KEYS, 'commit']) : base;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
