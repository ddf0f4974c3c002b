import { isDeepStrictEqual } from 'node:util';
import { isMap, type YamlMap } from '../recipe/yaml-map.ts';

/**
 * Gives what an entry of `platforms` has to say so that `base` becomes `wanted`: only what differs, maps merged, null for
 * what is not there. A build of another kind is said whole. The inverse of `applyOverride`.
 */
export function overrideOf(base: YamlMap, wanted: YamlMap): YamlMap {
  const keys = [...new Set([...Object.keys(base), ...Object.keys(wanted)])];
  const differing = keys.filter((key) => !isDeepStrictEqual(base[key], wanted[key]));
  return Object.fromEntries(
    differing.map((key) => {
      const [before, after] = [base[key], wanted[key]];
      if (after === undefined) return [key, null];
      const isMerged = isMap(before) && isMap(after) && before['kind'] === after['kind'] && sameSource(before, after);
      return [key, isMerged ? overrideOf(before, after) : after];
    }),
  );
}

/** What a source is told by; where it is another one, its other keys are dropped with it. */
function sameSource(before: YamlMap, after: YamlMap): boolean {
  return (before['image'] === undefined) === (after['image'] === undefined);
}
