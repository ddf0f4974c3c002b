import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pMap from 'p-map';
import { isSystemError } from '../errors.ts';
import { hasFailed, type Finding } from '../finding.ts';
import { compareText } from '../platform/order.ts';
import type { Workspace } from '../recipe/target.ts';
import { staleFindings } from './check-stale.ts';
import { loadTemplates } from './load-templates.ts';
import { planWrites, type Change, type WriteOptions } from './plan-writes.ts';
import { readGenerated } from './read-generated.ts';
import { renderRecipes, renderWorkspace } from './render-workspace.ts';

const CONCURRENCY = 32;

export interface RenderOptions extends WriteOptions {
  /** Whether nothing is written, and what would be is a finding. */
  readonly check: boolean;
  readonly signal: AbortSignal;
}

/** What was done; paths are relative to the workspace and sorted. */
export interface RenderReport {
  readonly written: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: readonly string[];
  readonly findings: readonly Finding[];
}

/**
 * Renders a workspace into its generated/ folder: what changed is written, each file whole or not at all, and what
 * forkwright once wrote for recipes and platforms that are gone is removed. Where there is a finding of severity error,
 * and with `check`, nothing is written. Takes the workspace's absolute path and the workspace, with all its recipes where
 * the pipeline is among what is rendered.
 */
export async function writeRendered(root: string, workspace: Workspace, options: RenderOptions): Promise<RenderReport> {
  const loaded = await loadTemplates(root);
  const rendered = options.isWithoutPipeline
    ? renderRecipes(workspace, loaded.templates)
    : renderWorkspace(workspace, loaded.templates);
  const plan = planWrites(await readGenerated(root), rendered.files, options);
  const floating = hasFailed(rendered.findings, false) ? [] : rendered.floating;
  const findings = [...loaded.findings, ...rendered.findings, ...floating, ...plan.findings];
  const nothing = { written: [], removed: [], unchanged: plan.unchanged };
  // What is rendered with errors is not complete: its files would look extra.
  if (hasFailed(rendered.findings, false)) return { ...nothing, findings };
  if (options.check) return { ...nothing, findings: [...findings, ...staleFindings(plan.changes)] };
  if (hasFailed(findings, false)) return { ...nothing, findings };
  await applyChanges(root, plan.changes, options.signal);
  return {
    written: plan.changes.flatMap(({ path, after }) => (after === null ? [] : [path])),
    removed: plan.changes.flatMap(({ path, after }) => (after === null ? [path] : [])),
    unchanged: plan.unchanged,
    findings,
  };
}

async function applyChanges(root: string, changes: readonly Change[], signal: AbortSignal): Promise<void> {
  const folders = new Set(changes.flatMap(({ path, after }) => (after === null ? [] : [dirname(path)])));
  await pMap(folders, (folder) => mkdir(join(root, folder), { recursive: true }), { concurrency: CONCURRENCY, signal });
  const apply = async ({ path, after }: Change): Promise<void> => {
    if (after === null) await rm(join(root, path), { force: true });
    else await replaceFile(join(root, path), after);
  };
  await pMap(changes, apply, { concurrency: CONCURRENCY, signal });
  const left = new Set(changes.flatMap(({ path, after }) => (after === null ? [dirname(path)] : [])));
  for (const folder of [...left].toSorted(compareText)) await removeIfEmpty(join(root, folder));
}

/** A rename puts the whole content in place, or leaves what was there; it replaces a link, not what the link names. */
async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    await writeFile(temporary, content, { flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    // What else lies there is its owner's.
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}
