import type { BuildOutcome } from '../../build/build-targets.ts';
import { removeSmokeRecord } from '../../build/smoke-record.ts';
import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { removeInputRecord } from '../../plan/input-record-file.ts';
import type { ResolvedRecipe, Target } from '../../recipe/target.ts';
import type { Invocation } from '../command.ts';
import type { ToBuild } from './find-needs.ts';
import { claimInputs, keepInputs, type InputClaim } from './record.ts';
import type { RecordRegistries } from './registry.ts';

/** What became of targets that were built, and what was found on the way. */
export interface FoundOutcome extends BuildOutcome {
  readonly findings: readonly Finding[];
}

type Built = BuildOutcome['built'][number] & Pick<ToBuild, 'state' | 'reason'>;

/**
 * Builds targets of a recipe, and keeps what they were built from beside their archives. Records of an earlier build go
 * before. What goes wrong before the first target is begun is a failure like those of targets. Throws
 * `archive.write-failed`, and the signal's reason.
 */
export async function buildWithRecords(
  recipe: ResolvedRecipe,
  needs: readonly ToBuild[],
  build: (recipe: ResolvedRecipe, targets: readonly Target[]) => Promise<FoundOutcome>,
  registries: RecordRegistries,
  invocation: Invocation,
): Promise<FoundOutcome & { readonly built: readonly Built[] }> {
  const { root, signal } = invocation;
  const claims = new Map<Target, ToBuild & { readonly claim: InputClaim }>();
  for (const need of needs) {
    const { target, known } = need;
    // They must not be taken for those of this build.
    await removeSmokeRecord(root, target);
    await removeInputRecord(root, target);
    claims.set(target, { ...need, claim: await claimInputs(target, known, registries, invocation) });
  }
  const targets = needs.map(({ target }) => target);
  const { built, failures, findings } = await build(recipe, targets).catch((error: unknown) => {
    // A source that cannot be had is told like a platform that fails: the next recipe gets its turn.
    if (signal.aborted || !(error instanceof ForkwrightError)) throw error;
    return { built: [], failures: [error], findings: [] };
  });
  const kept: Built[] = [];
  const unkept: { readonly target: Target; readonly why: string }[] = [];
  for (const { target, archive } of built) {
    const claimed = claims.get(target);
    if (claimed === undefined) throw new Error(`${target.slug} was built, and nobody wanted it`);
    const { claim, state, reason } = claimed;
    const why = await keepInputs(target, archive, claim, registries, invocation);
    if (why !== null) unkept.push({ target, why });
    kept.push({ target, archive, state, reason });
  }
  return { built: kept, failures, findings: [...findings, ...reportUnkept(recipe, unkept)] };
}

/** For which platforms of a recipe with a lock nothing is kept, by why; without a lock nothing ever is. */
function reportUnkept(
  { file, name, lock }: ResolvedRecipe,
  unkept: readonly { readonly target: Target; readonly why: string }[],
): readonly Finding[] {
  if (lock === null) return [];
  const platforms = new Map<string, string[]>();
  for (const { target, why } of unkept) {
    platforms.set(why, [...(platforms.get(why) ?? []), formatPlatform(target.platform)]);
  }
  return [...platforms].map(([why, names]) => ({
    code: 'build.no-record',
    severity: 'note',
    place: file,
    text: `what it was built from is not kept with its image on ${names.join(', ')}: ${why}`,
    hint: `\`forkwright lock ${name}\` brings the lock up to date`,
  }));
}
