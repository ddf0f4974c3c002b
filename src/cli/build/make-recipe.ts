import { join } from 'node:path';
import { isMissing } from '../../engine/find-engine.ts';
import { ForkwrightError } from '../../errors.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import { parseReference } from '../../oci/reference.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { engineReason } from '../../recipe/needs-engine.ts';
import { indexName, indexPath, releaseFolder } from '../../recipe/output-names.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import { assembleArchives, type Assembled } from '../assemble-archives.ts';
import type { Invocation } from '../command.ts';
import { toFinding } from '../error-finding.ts';
import type { Needs } from '../if-needed/find-needs.ts';
import { listInputAnnotations } from '../if-needed/annotations.ts';
import type { DoneState } from '../if-needed/text.ts';
import type { RecipeBuilder } from './recipe-builder.ts';
import { releaseArchives, type ReleasedFile } from './release-archives.ts';
import { verifyArchive } from '../verify-archive.ts';

/** What became of a recipe. `built` means assembled and verified too, with its release files where it has any. */
export type MakeOutcome =
  | {
      readonly state: 'built';
      readonly path: string;
      readonly digest: Digest;
      readonly sizeBytes: number;
      readonly targets: readonly DoneState[];
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
      /** Of what was looked up before. */
      readonly findings: readonly Finding[];
    }
  | { readonly state: 'failed'; readonly findings: readonly Finding[] };

/**
 * Builds every platform of a recipe, assembles the archives, verifies the index against the recipe, and writes its release
 * files where it has any. A recipe that this machine cannot build is not begun. What goes wrong becomes findings, so that the
 * next recipe gets its turn; only an interruption is thrown.
 */
export async function makeRecipe(
  recipe: ResolvedRecipe,
  builder: RecipeBuilder,
  invocation: Invocation,
): Promise<MakeOutcome> {
  try {
    const needs = await builder.look(recipe, recipe.targets);
    return (await findObstacle(recipe, needs, builder)) ?? (await makeIndex(recipe, needs, builder, invocation));
  } catch (error) {
    if (invocation.signal.aborted || !(error instanceof ForkwrightError)) throw error;
    return { state: 'failed', findings: [toFinding(error)] };
  }
}

async function findObstacle(
  recipe: ResolvedRecipe,
  { needs, findings }: Needs,
  builder: RecipeBuilder,
): Promise<MakeOutcome | null> {
  const reasons = needs.flatMap(({ target, state }) => {
    const reason = state === 'built' ? engineReason(target) : null;
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
  return { state: 'not-built', reason: `${where}${first.reason}`, need, lack: engine.reason, findings };
}

async function makeIndex(
  recipe: ResolvedRecipe,
  needs: Needs,
  builder: RecipeBuilder,
  invocation: Invocation,
): Promise<MakeOutcome> {
  const { built, failures, findings: ofBuild } = await builder.build(recipe, needs);
  const lack = findLack(failures, needs.findings);
  if (lack !== null) return lack;
  if (failures.length > 0 || hasFailed(ofBuild, false)) {
    return { state: 'failed', findings: [...ofBuild, ...failures.map(toFinding)] };
  }
  const archives = built.map(({ archive }) => archive.path);
  const index = await assembleVerified(recipe, archives, builder.isIfNeeded, { ...invocation, cwd: invocation.root });
  const findings = [...ofBuild, ...index.findings];
  if (index.written === null || hasFailed(findings, false)) return { state: 'failed', findings };
  const { plan, sizeBytes } = index.written;
  const targets = built.map(({ target, state, reason }) => ({
    platform: formatPlatform(target.platform),
    state,
    reason,
  }));
  const made = { state: 'built', path: indexPath(recipe.name), digest: plan.index.digest, sizeBytes, targets } as const;
  if (recipe.archives === null) return { ...made, release: null, findings };
  const folder = releaseFolder(recipe.name);
  // Nobody looks at sizes while everything is made; `forkwright archives` has the table.
  const released = await releaseArchives(recipe, join(invocation.root, folder), { isCompared: false }, invocation);
  const release = { path: folder, files: released.files };
  return { ...made, release, findings: [...findings, ...released.findings] };
}

/** With `keepsSame` an index that is right already is not written again; it is verified all the same. */
async function assembleVerified(
  recipe: ResolvedRecipe,
  archives: readonly string[],
  keepsSame: boolean,
  inWorkspace: Invocation,
): Promise<Assembled> {
  const path = indexPath(recipe.name);
  const name = indexName(recipe);
  const names = name === null ? [] : [parseReference(name)];
  const annotations = await listInputAnnotations(recipe, archives, inWorkspace);
  const assembled = await assembleArchives(
    { archives, output: path, names, dockerCompat: null, annotations, keepsSame },
    inWorkspace,
  );
  if (assembled.written === null) return assembled;
  const verified = await verifyArchive(path, { config: null, platform: null, recipe }, inWorkspace);
  // What was right by its sizes need not be right by its hashes.
  if (assembled.written.isKept && hasFailed(verified.findings, false)) {
    return assembleVerified(recipe, archives, false, inWorkspace);
  }
  return { written: assembled.written, findings: [...assembled.findings, ...verified.findings] };
}

/** An engine without the emulators that a recipe needs is no fault of the recipe. */
function findLack(failures: readonly ForkwrightError[], findings: readonly Finding[]): MakeOutcome | null {
  const [first] = failures;
  if (first === undefined || failures.some(({ code }) => code !== 'build.no-emulator')) return null;
  const [reason = ''] = first.message.split('\n');
  return {
    state: 'not-built',
    reason: `${failures.length === 1 ? 'a platform' : `${failures.length} platforms`} of it could not be run`,
    need: 'emulators in the engine',
    lack: reason,
    findings,
  };
}
