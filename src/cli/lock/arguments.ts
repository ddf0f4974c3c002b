import type { UpdateGroup } from '../../lock/look-ups.ts';
import type { Input } from '../input.ts';

const GROUPS = ['upstream', 'base', 'packages', 'all'] as const;

/** Reads what --update names; commander lets nothing else through. Null where it is not given. */
export function readUpdateGroup(value: Input[string]): UpdateGroup | 'all' | null {
  return GROUPS.find((group) => group === value) ?? null;
}
