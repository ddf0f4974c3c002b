import { recipeFolder } from '../recipe/output-names.ts';
import type { Finding } from '../finding.ts';
import { compareText } from '../platform/order.ts';
import { hasMarker, PIPELINE_PATH, type RenderedFile } from './rendered-file.ts';

/** What lies below generated/ at a path that could be ours. */
export type ExistingEntry =
  | { readonly path: string; readonly type: 'file'; readonly content: string }
  /** A symbolic link, or a folder in a file's place: never followed, never looked into. */
  | { readonly path: string; readonly type: 'link' | 'folder' | 'other' };

export interface WriteOptions {
  /** Only these recipes' files, and the pipeline; null for all. */
  readonly recipes: readonly string[] | null;
  /** Whether the pipeline is left alone: a workspace with some of its recipes gives no whole one. */
  readonly isWithoutPipeline: boolean;
  /** Whether files that forkwright did not write are overwritten. */
  readonly force: boolean;
}

export interface Change {
  readonly path: string;
  /** null: there is none yet. */
  readonly before: string | null;
  /** null: it is removed. */
  readonly after: string | null;
}

/** What is to be done to make generated/ what was rendered. All lists are sorted by path. */
export interface WritePlan {
  readonly changes: readonly Change[];
  readonly unchanged: readonly string[];
  /** What stands in the way, `render.not-ours`: with any, nothing is written. */
  readonly findings: readonly Finding[];
}

/** Compares what lies in generated/ with what was rendered. */
export function planWrites(
  existing: readonly ExistingEntry[],
  rendered: readonly RenderedFile[],
  { recipes, isWithoutPipeline, force }: WriteOptions,
): WritePlan {
  const folders = recipes?.map((recipe) => `${recipeFolder(recipe)}/`) ?? null;
  const isInScope = (path: string) =>
    path === PIPELINE_PATH ? !isWithoutPipeline : (folders?.some((folder) => path.startsWith(folder)) ?? true);
  const wanted = rendered.filter(({ path }) => isInScope(path));
  const wantedPaths = new Set(wanted.map(({ path }) => path));
  const entries = new Map(existing.map((entry) => [entry.path, entry]));

  const changes: Change[] = [];
  const unchanged: string[] = [];
  const findings = new Map<string, Finding>();
  for (const { path, content } of wanted) {
    const obstacle = findObstacle(path, entries, force);
    const entry = entries.get(path);
    if (obstacle !== null) findings.set(obstacle.place, obstacle);
    else if (entry?.type === 'file' && entry.content === content) unchanged.push(path);
    else changes.push({ path, before: entry?.type === 'file' ? entry.content : null, after: content });
  }
  for (const entry of existing) {
    if (entry.type !== 'file' || wantedPaths.has(entry.path) || !isInScope(entry.path)) continue;
    if (hasMarker(entry.content)) changes.push({ path: entry.path, before: entry.content, after: null });
  }
  return {
    changes: changes.toSorted((a, b) => compareText(a.path, b.path)),
    unchanged: unchanged.toSorted(compareText),
    findings: [...findings.values()],
  };
}

/** What keeps a path from being written: a link or file in the place of a folder above it, or what is not ours. */
function findObstacle(path: string, entries: ReadonlyMap<string, ExistingEntry>, force: boolean): Finding | null {
  const above = path
    .split('/')
    .map((_, index, parts) => parts.slice(0, index).join('/'))
    .flatMap((folder) => entries.get(folder) ?? [])[0];
  if (above !== undefined) {
    return notOurs(above.path, `${DESCRIPTIONS[above.type]} is in the place of a folder`, 'move it away');
  }
  const entry = entries.get(path);
  if (entry === undefined || (entry.type === 'file' && hasMarker(entry.content))) return null;
  if (entry.type === 'folder') return notOurs(path, 'a folder is in the place of a file', 'move it away');
  if (force) return null;
  return notOurs(
    path,
    `${DESCRIPTIONS[entry.type]} is here that forkwright did not write`,
    'move it away, or give --force to overwrite it',
  );
}

const DESCRIPTIONS: Readonly<Record<ExistingEntry['type'], string>> = {
  file: 'a file',
  link: 'a symbolic link',
  folder: 'a folder',
  other: 'something that is neither file nor folder',
};

function notOurs(place: string, text: string, hint: string): Finding {
  return { code: 'render.not-ours', severity: 'error', place, text, hint };
}
