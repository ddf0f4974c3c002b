import { join } from 'node:path';
import { isMissing } from '../engine/find-engine.ts';
import { ForkwrightError } from '../errors.ts';
import { hasFailed, type Finding } from '../finding.ts';
import { parseReference } from '../oci/reference.ts';
import type { Digest } from '../oci/digest.ts';
import { formatPlatform } from '../platform/platform.ts';
import { engineReason } from '../recipe/needs-engine.ts';
import { indexName, indexPath, releaseFolder } from '../recipe/output-names.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';
import { assembleArchives } from './assemble-archives.ts';
import type { Invocation } from './command.ts';
import { toFinding } from './error-finding.ts';
import type { RecipeBuilder } from './recipe-builder.ts';
import { releaseArchives, type ReleasedFile } from './release-archives.ts';
import { verifyArchive } from './verify-archive.ts';

/** What became of a recipe. `built` means assembled and verified too, with its release files where it has any. */
export type MakeOutcome =
  | {
      readonly state: 'built';
      readonly path: string;
      readonly digest: Digest;
      readonly sizeBytes: number;
      /** Null for a recipe without release archives. */
      readonly release: { readonly path: string; readonly files: readonly ReleasedFile[] } | null;
      readonly findings: readonly Finding[];
    }
  | {
      readonly state: 'not-built';
      /** `it installs packages (tar)`. */
      readonly reason: string;
      readonly need: string;
      /** Why there is none of what it needs. */
      readonly lack: string;
    }
  | { readonly state: 'failed'; readonly findings: readonly Finding[] };

/**
 * Builds every platform of a recipe, assembles the archives, verifies the index against the recipe, and writes its release
 * files where it has any. A recipe that this machine cannot build is not begun. What goes wrong becomes findings, so that the next recipe gets its turn; only an
 * interruption is thrown.
 */
export async function makeRecipe(
  recipe: ResolvedRecipe,
  builder: RecipeBuilder,
  invocation: Invocation,
): Promise<MakeOutcome> {
  try {
    return (await findObstacle(recipe, builder)) ?? (await makeIndex(recipe, builder, invocation));
  } catch (error) {
    if (invocation.signal.aborted || !(error instanceof ForkwrightError)) throw error;
    return { state: 'failed', findings: [toFinding(error)] };
  }
}

async function findObstacle(recipe: ResolvedRecipe, builder: RecipeBuilder): Promise<MakeOutcome | null> {
  const reasons = recipe.targets.flatMap((target) => {
    const reason = engineReason(target);
    return reason === null ? [] : [{ platform: formatPlatform(target.platform), reason }];
  });
  const [first] = reasons;
  if (first === undefined) return null;
  const engine = await builder.engine();
  if (!isMissing(engine)) return null;
  const isEverywhere =
    reasons.length === recipe.targets.length && reasons.every(({ reason }) => reason === first.reason);
  const where = isEverywhere ? '' : `on ${reasons.map(({ platform }) => platform).join(', ')}: `;
  const need = 'a build engine (Docker with buildx)';
  return { state: 'not-built', reason: `${where}${first.reason}`, need, lack: engine.reason };
}

async function makeIndex(recipe: ResolvedRecipe, builder: RecipeBuilder, invocation: Invocation): Promise<MakeOutcome> {
  const { built, failures, findings: ofBuild } = await builder.build(recipe, recipe.targets);
  const lack = findLack(failures);
  if (lack !== null) return lack;
  if (failures.length > 0 || hasFailed(ofBuild, false)) {
    return { state: 'failed', findings: [...ofBuild, ...failures.map(toFinding)] };
  }
  const path = indexPath(recipe.name);
  const name = indexName(recipe);
  const names = name === null ? [] : [parseReference(name)];
  const inWorkspace = { ...invocation, cwd: invocation.root };
  const assembled = await assembleArchives(
    { archives: built.map(({ archive }) => archive.path), output: path, names, dockerCompat: null },
    inWorkspace,
  );
  if (assembled.written === null) return { state: 'failed', findings: [...ofBuild, ...assembled.findings] };
  const verified = await verifyArchive(path, { config: null, platform: null, recipe }, inWorkspace);
  const findings = [...ofBuild, ...assembled.findings, ...verified.findings];
  if (hasFailed(findings, false)) return { state: 'failed', findings };
  const { plan, sizeBytes } = assembled.written;
  const made = { state: 'built', path, digest: plan.index.digest, sizeBytes } as const;
  if (recipe.archives === null) return { ...made, release: null, findings };
  const folder = releaseFolder(recipe.name);
  // Nobody looks at sizes while everything is made; `forkwright archives` has the table.
  const released = await releaseArchives(recipe, join(invocation.root, folder), { isCompared: false }, invocation);
  const release = { path: folder, files: released.files };
  return { ...made, release, findings: [...findings, ...released.findings] };
}

/** An engine without the emulators that a recipe needs is no fault of the recipe. */
function findLack(failures: readonly ForkwrightError[]): MakeOutcome | null {
  const [first] = failures;
  if (first === undefined || failures.some(({ code }) => code !== 'build.no-emulator')) return null;
  const [reason = ''] = first.message.split('\n');
  return {
    state: 'not-built',
    reason: `${failures.length === 1 ? 'a platform' : `${failures.length} platforms`} of it could not be run`,
    need: 'emulators in the engine',
    lack: reason,
  };
}
