import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceOutput } from '../../archive/write/replace-output.ts';
import { toLockedUpstream } from '../../lock/lock-upstreams.ts';
import type { LookUps } from '../../lock/look-ups.ts';
import type { RecipeLock } from '../../lock/lock.ts';
import { formatTrack, upstreamKey } from '../../lock/upstream-key.ts';
import { judgePin, keysOfMove, listPins, type PinMove } from '../../propose/pin-move.ts';
import { moveCommits } from '../../recipe/edit-commit.ts';
import { maskCredentials } from '../../recipe/quoted.ts';
import type { ResolvedRecipe, Upstream } from '../../recipe/target.ts';
import type { Change as FileDifference } from '../../render/plan-writes.ts';
import type { RecipeState } from '../../upstream/state.ts';

/** What became of the commits that a recipe names itself. */
export interface PinNews {
  /** What is followed is newer. */
  readonly moves: readonly PinMove[];
  /** It is another one, and not known to be newer. */
  readonly apart: readonly PinMove[];
}

/**
 * Looks at what a recipe follows of the upstreams whose commits it names; `lock` is what would be locked of it as it is.
 * Throws as `lookUp`.
 */
export async function lookAtPins(
  recipe: ResolvedRecipe,
  lock: RecipeLock,
  state: RecipeState | null,
  lookUp: LookUps['upstream'],
): Promise<PinNews> {
  const judged = await Promise.all(
    listPins(recipe, lock).map(async (upstream) => {
      const move = { upstream, to: toLockedUpstream(await lookUp({ ...upstream, commit: null })) };
      const from = lock.upstreams.get(upstreamKey(upstream));
      const verdict = from === undefined ? 'current' : judgePin(from, move, isAncestor(upstream, state));
      return { move, verdict };
    }),
  );
  const pick = (wanted: string) => judged.flatMap(({ move, verdict }) => (verdict === wanted ? [move] : []));
  return { moves: pick('newer'), apart: pick('apart') };
}

/** Whether the commit that the recipe names is in the history of what is followed; null where that is not known. */
function isAncestor({ git, track, commit }: Upstream, state: RecipeState | null): boolean | null {
  const own = state?.upstreams.find((each) => {
    const isSame = each.git === maskCredentials(git) && formatTrack(each.track) === formatTrack(track);
    return isSame && each.pinned === commit;
  });
  return own?.distance?.isAncestor ?? null;
}

/**
 * Moves the commits in the file of a recipe below `root`, and gives the file as it was and is; nothing without moves. Throws
 * `recipe.not-edited`, `archive.write-failed`.
 */
export async function writeMoves(
  { file }: Pick<ResolvedRecipe, 'file'>,
  moves: readonly PinMove[],
  root: string,
): Promise<readonly FileDifference[]> {
  if (moves.length === 0) return [];
  const path = join(root, file);
  const before = await readFile(path, 'utf8');
  const commits = new Map(moves.map((move) => [keysOfMove(move).old, move.to.commit]));
  const after = moveCommits(before, file, commits);
  await replaceOutput(path, (temporary) => writeFile(temporary, after));
  return [{ path: file, before, after }];
}
