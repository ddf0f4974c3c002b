import { ForkwrightError } from '../errors.ts';
import { hasFailed, type Finding } from '../finding.ts';
import { parseReference } from '../oci/reference.ts';
import type { Digest } from '../oci/digest.ts';
import { formatPlatform } from '../platform/platform.ts';
import { engineReason } from '../recipe/needs-engine.ts';
import { indexName, indexPath } from '../recipe/output-names.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';
import { buildTargets, type BuildOptions } from '../build/build-targets.ts';
import { assembleArchives } from './assemble-archives.ts';
import type { Invocation } from './command.ts';
import { toFinding } from './error-finding.ts';
import { verifyArchive } from './verify-archive.ts';

/** What became of a recipe. `built` means assembled and verified too. */
export type MakeOutcome =
  | {
      readonly state: 'built';
      readonly path: string;
      readonly digest: Digest;
      readonly sizeBytes: number;
      readonly findings: readonly Finding[];
    }
  | { readonly state: 'not-built'; readonly reason: string; readonly need: string }
  | { readonly state: 'failed'; readonly findings: readonly Finding[] };

/**
 * Builds every platform of a recipe, assembles the archives and verifies the index against the recipe. A recipe that this
 * machine cannot build is not begun. What goes wrong becomes findings, so that the next recipe gets its turn; only an
 * interruption is thrown.
 */
export async function makeRecipe(
  recipe: ResolvedRecipe,
  options: BuildOptions,
  invocation: Invocation,
): Promise<MakeOutcome> {
  const obstacle = findObstacle(recipe);
  if (obstacle !== null) return obstacle;
  try {
    return await makeIndex(recipe, options, invocation);
  } catch (error) {
    if (invocation.signal.aborted || !(error instanceof ForkwrightError)) throw error;
    return { state: 'failed', findings: [toFinding(error)] };
  }
}

function findObstacle(recipe: ResolvedRecipe): MakeOutcome | null {
  const reasons = recipe.targets.flatMap((target) => {
    const reason = engineReason(target);
    return reason === null ? [] : [{ platform: formatPlatform(target.platform), reason }];
  });
  const [first] = reasons;
  if (first === undefined) return null;
  const isEverywhere =
    reasons.length === recipe.targets.length && reasons.every(({ reason }) => reason === first.reason);
  const where = isEverywhere ? '' : `on ${reasons.map(({ platform }) => platform).join(', ')}: `;
  return { state: 'not-built', reason: `${where}${first.reason}`, need: 'a build engine (Docker with buildx)' };
}

async function makeIndex(recipe: ResolvedRecipe, options: BuildOptions, invocation: Invocation): Promise<MakeOutcome> {
  const { built, failures } = await buildTargets(recipe, recipe.targets, options);
  if (failures.length > 0) return { state: 'failed', findings: failures.map(toFinding) };
  const path = indexPath(recipe.name);
  const name = indexName(recipe);
  const names = name === null ? [] : [parseReference(name)];
  const inWorkspace = { ...invocation, cwd: invocation.root };
  const assembled = await assembleArchives(
    { archives: built.map((archive) => archive.path), output: path, names, dockerCompat: null },
    inWorkspace,
  );
  if (assembled.written === null) return { state: 'failed', findings: assembled.findings };
  const verified = await verifyArchive(path, recipe, inWorkspace);
  const findings = [...assembled.findings, ...verified.findings];
  if (hasFailed(findings, false)) return { state: 'failed', findings };
  const { plan, sizeBytes } = assembled.written;
  return { state: 'built', path, digest: plan.index.digest, sizeBytes, findings };
}
