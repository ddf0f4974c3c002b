import type { Leaves } from '../lock/input-leaves.ts';
import type { TargetInputs } from '../lock/target-inputs.ts';
import type { Digest } from '../oci/digest.ts';
import { compareText } from '../platform/order.ts';
import { diffLeaves } from './diff-leaves.ts';
import type { LeafChange, TargetPlan } from './plan.ts';
import type { PublishedImage } from './published-image.ts';

/** `unknown`: the image has no record to compare with; `open`: nothing pins it. */
export type LeafState = 'changed' | 'same' | 'open' | 'unknown';

export interface ExplainedLeaf extends LeafChange {
  readonly state: LeafState;
}

/** All that a target's plan rests on. */
export interface ExplainedTarget extends TargetPlan {
  /** What the image that is there was built from; null where nothing says so. */
  readonly recordedHash: Digest | null;
  /** What differs first; empty where the inputs are not known. */
  readonly leaves: readonly ExplainedLeaf[];
}

/** Lays out everything that decides about a target: its plan, and every leaf of its inputs beside what the image's record has. */
export function explainTarget(
  plan: TargetPlan,
  inputs: TargetInputs | undefined,
  image: PublishedImage | null,
): ExplainedTarget {
  const record = image?.platforms.get(plan.platform)?.record ?? null;
  const leaves = inputs === undefined ? [] : listLeaves(inputs, record?.leaves ?? null);
  return { ...plan, recordedHash: record?.inputHash ?? null, leaves };
}

function listLeaves({ leaves, open }: TargetInputs, recorded: Leaves | null): readonly ExplainedLeaf[] {
  const changes = recorded === null ? [] : diffLeaves(recorded, leaves);
  const isChanged = new Set(changes.map(({ leaf }) => leaf));
  const stateOf = (leaf: string): LeafState => {
    if (open.includes(leaf)) return 'open';
    return recorded === null ? 'unknown' : 'same';
  };
  const others = Object.entries(leaves)
    .filter(([leaf]) => !isChanged.has(leaf))
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([leaf, value]) => ({ leaf, state: stateOf(leaf), old: recorded === null ? null : value, new: value }));
  const changed = changes.map(({ leaf, old, new: fresh }) => ({ leaf, state: 'changed' as const, old, new: fresh }));
  return [...changed, ...others];
}
