import { createTwoFilesPatch } from 'diff';
import type { Finding } from '../finding.ts';
import type { Change } from './plan-writes.ts';

// A file that changed more than this is quicker read than compared.
const MAX_EDITS = 4000;
const HINT = 'run `forkwright render` and commit what it writes';

/** Makes a finding of every change that a fresh render would bring, with its unified diff as the frame. */
export function staleFindings(changes: readonly Change[]): readonly Finding[] {
  return changes.map((change) => {
    const frame = diffChange(change);
    return {
      ...describe(change),
      severity: 'error',
      place: change.path,
      hint: HINT,
      ...(frame === null ? {} : { frame }),
    };
  });
}

/** Gives a unified diff from what is there to what was rendered; null where they have too little in common. */
export function diffChange({ path, before, after }: Change): string | null {
  const [old, fresh] = [before === null ? '/dev/null' : `a/${path}`, after === null ? '/dev/null' : `b/${path}`];
  const options = { context: 3, maxEditLength: MAX_EDITS };
  const patch = createTwoFilesPatch(old, fresh, before ?? '', after ?? '', undefined, undefined, options);
  // The first line is a ruler that other tools do not have.
  return patch?.replace(/^=+\n/, '') ?? null;
}

function describe({ before, after }: Change): Pick<Finding, 'code' | 'text'> {
  if (before === null) return { code: 'render.missing', text: 'this file is not there' };
  if (after === null) return { code: 'render.extra', text: 'no recipe has this file any more' };
  return { code: 'render.stale', text: 'this file is not what its recipe gives' };
}
