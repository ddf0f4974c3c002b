import type { PatchVerdict } from './patch-verdict.ts';

/** What a patch's file comes to, over all series that have it. */
export type PatchFate =
  | { readonly kind: 'kept' }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'replaced'; readonly content: Uint8Array }
  | { readonly kind: 'conflicts' }
  /** It would have to be another one for each of several platforms. */
  | { readonly kind: 'differs' };

/**
 * Decides about a patch that several platforms may have, on different sources: it goes where all have what it does, and is
 * replaced where all others need it replaced by the same.
 */
export function patchFate(path: string, series: readonly (readonly PatchVerdict[])[]): PatchFate {
  const verdicts = series.flatMap((each) => each.filter((verdict) => verdict.path === path));
  if (verdicts.some(({ state }) => state === 'conflict')) return { kind: 'conflicts' };
  const needed = verdicts.filter(({ state }) => state !== 'merged');
  if (needed.length === 0) return { kind: 'dropped' };
  const contents = needed.flatMap((verdict) => (verdict.state === 'refresh' ? verdict.content : []));
  const [content] = contents;
  if (content === undefined) return { kind: 'kept' };
  const isOne = contents.length === needed.length && contents.every((each) => Buffer.compare(each, content) === 0);
  return isOne ? { kind: 'replaced', content } : { kind: 'differs' };
}
