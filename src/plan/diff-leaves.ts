import type { Leaves } from '../lock/input-leaves.ts';
import { compareText } from '../platform/order.ts';
import type { LeafChange } from './plan.ts';

/** Lists the leaves of two input hashes that differ, by their names; none where the hashes are the same. */
export function diffLeaves(old: Leaves, fresh: Leaves): readonly LeafChange[] {
  const [before, after] = [new Map(Object.entries(old)), new Map(Object.entries(fresh))];
  return [...new Set([...before.keys(), ...after.keys()])]
    .toSorted(compareText)
    .map((leaf) => ({ leaf, old: before.get(leaf) ?? null, new: after.get(leaf) ?? null }))
    .filter((change) => change.old !== change.new);
}
