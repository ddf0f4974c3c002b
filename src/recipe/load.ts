import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pMap from 'p-map';
import { ForkwrightError, isSystemError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { lockPath, type RecipeLock } from '../lock/lock.ts';
import { parseLock } from '../lock/parse-lock.ts';
import { compareText } from '../platform/order.ts';
import { parseYaml, type YamlDocument } from './document.ts';
import { readYamlFile, WORKSPACE_FILE } from './read-file.ts';
import { requireKnown } from './require-known.ts';
import { resolveRecipe, type Resolved } from './resolve.ts';
import type { Workspace } from './target.ts';
import { NO_DEFAULTS, readWorkspaceText, type WorkspaceDefaults } from './workspace-file.ts';

/** The folder of a workspace's recipes. */
const RECIPES_FOLDER = 'recipes';
const ENDING = /\.ya?ml$/;
const AT_ONCE = { concurrency: 16 };

/** The files of a workspace as they were read, without locks: recipes can be resolved with any. */
export interface WorkspaceFiles {
  /** Absolute. */
  readonly root: string;
  readonly defaults: WorkspaceDefaults;
  /** By name. */
  readonly recipes: readonly RecipeFile[];
  /** What is wrong with forkwright.yaml, and recipes that are there twice. */
  readonly findings: readonly Finding[];
}

interface RecipeFile {
  readonly name: string;
  /** `recipes/tool.yaml` */
  readonly file: string;
  /** Resolves it with a lock, with the same one only once. */
  readonly resolve: (lock: RecipeLock | null) => Resolved;
  /** Whether there is another one of the same name. */
  readonly isTwin: boolean;
}

/** What a workspace is, and everything that is wrong with it. */
export interface LoadedWorkspace {
  readonly workspace: Workspace;
  readonly findings: Finding[];
}

/**
 * Reads a workspace, forkwright.yaml and recipes/*.yaml below `root`: all its recipes, or those named in `filter`. Gives
 * the sound ones, resolved with their locks, by name, and everything that is wrong with any of the files that were read.
 * Locks are those of locks/, or those of `locks` by the names of their recipes.
 * Throws `recipe.unknown-name` for a name that no recipe has, `workspace.not-found` where there are no recipes at all.
 */
export async function loadWorkspace(
  root: string,
  filter: readonly string[] = [],
  locks: ReadonlyMap<string, RecipeLock> | null = null,
): Promise<LoadedWorkspace> {
  const files = await readWorkspace(root, filter);
  if (locks !== null) return resolveWorkspace(files, locks);
  const read = await pMap(
    files.recipes,
    async ({ name }) => ({ name, result: await readLock(files.root, name) }),
    AT_ONCE,
  );
  const broken = new Map(read.flatMap(({ name, result }) => ('lock' in result ? [] : [[name, result] as const])));
  const known = read.flatMap(({ name, result }) =>
    'lock' in result && result.lock !== null ? [[name, result.lock] as const] : [],
  );
  return resolveWorkspace(files, new Map(known), broken);
}

/** Reads the files of a workspace, as `loadWorkspace` does; they can be resolved with one set of locks after another. */
export async function readWorkspace(root: string, filter: readonly string[] = []): Promise<WorkspaceFiles> {
  const folder = resolve(root);
  const { defaults, findings } = await readWorkspaceDefaults(folder);
  const files = selectFiles(await listRecipes(folder), filter);
  const twins = findTwins(files);
  const recipes = await pMap(
    files,
    async (file): Promise<RecipeFile> => {
      const document = await readDocument(folder, file);
      return { name: nameOf(file), file, resolve: openResolve(document, file, defaults), isTwin: twins.has(file) };
    },
    AT_ONCE,
  );
  return { root: folder, defaults, recipes, findings: [...findings, ...[...twins].map(reportTwin)] };
}

/**
 * Resolves recipes that were read with these locks and no others; `broken` has what is wrong with locks that could not be
 * read. Pure.
 */
export function resolveWorkspace(
  { root, defaults, recipes: files, findings }: WorkspaceFiles,
  locks: ReadonlyMap<string, RecipeLock>,
  broken: ReadonlyMap<string, readonly Finding[]> = new Map(),
): LoadedWorkspace {
  const resolved = files.map(({ name, resolve: resolveWith, isTwin }) => {
    const own = resolveWith(locks.get(name) ?? null);
    const ofLock = broken.get(name) ?? [];
    // Without its lock a recipe would be another one.
    const isUsable = !isTwin && ofLock.length === 0;
    return { recipes: own.recipe === null || !isUsable ? [] : [own.recipe], findings: [...ofLock, ...own.findings] };
  });
  const recipes = resolved.flatMap((each) => each.recipes).toSorted((a, b) => compareText(a.name, b.name));
  return {
    workspace: { root, settings: defaults.settings, recipes },
    findings: [...findings, ...resolved.flatMap((each) => each.findings)],
  };
}

/** Takes the text of a recipe, what its workspace says and its lock, and gives it resolved, with everything that is wrong. */
export function loadRecipeText(
  text: string,
  file: string,
  defaults: WorkspaceDefaults,
  lock: RecipeLock | null = null,
): Resolved {
  const document = parseYaml(text, file);
  if ('data' in document) return resolveRecipe(document, nameOf(file), defaults, lock);
  return { recipe: null, findings: document };
}

/** Reads forkwright.yaml below `root`: what it says for all recipes, as far as it can be understood, and what is wrong with it. */
export async function readWorkspaceDefaults(root: string) {
  const text = await readYamlFile(root, WORKSPACE_FILE);
  if (text === null) return { defaults: NO_DEFAULTS, findings: [] };
  if (typeof text === 'string') return readWorkspaceText(text, WORKSPACE_FILE);
  return { defaults: { ...NO_DEFAULTS, isFaulty: true }, findings: [text] };
}

function openResolve(
  document: YamlDocument | readonly Finding[],
  file: string,
  defaults: WorkspaceDefaults,
): (lock: RecipeLock | null) => Resolved {
  if (!('data' in document)) return () => ({ recipe: null, findings: document });
  const resolveWith = (lock: RecipeLock | null) => resolveRecipe(document, nameOf(file), defaults, lock);
  const known = new WeakMap<RecipeLock, Resolved>();
  let unlocked: Resolved | null = null;
  return (lock) => {
    if (lock === null) return (unlocked ??= resolveWith(null));
    const resolved = known.get(lock) ?? resolveWith(lock);
    known.set(lock, resolved);
    return resolved;
  };
}

async function readDocument(root: string, file: string): Promise<YamlDocument | readonly Finding[]> {
  const text = await readYamlFile(root, file);
  if (typeof text === 'string') return parseYaml(text, file);
  return [text ?? { code: 'yaml.not-a-file', severity: 'error', place: file, text: 'is not there', hint: null }];
}

/** Reads a recipe's lock: null where it has none, findings where it cannot be read. */
export async function readLock(
  root: string,
  recipe: string,
): Promise<{ readonly lock: RecipeLock | null } | readonly Finding[]> {
  const file = lockPath(recipe);
  const text = await readYamlFile(root, file);
  if (text === null) return { lock: null };
  return typeof text === 'string' ? parseLock(text, file) : [text];
}

/** The recipes' files below a workspace, in the order of their names. Those that begin with a dot are editors'. */
async function listRecipes(root: string): Promise<readonly string[]> {
  try {
    const names = await readdir(join(root, RECIPES_FOLDER));
    return names
      .filter((name) => ENDING.test(name) && !name.startsWith('.'))
      .map((name) => `${RECIPES_FOLDER}/${name}`)
      .toSorted(compareText);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new ForkwrightError('workspace.not-found', 'there is no recipes folder here', {
      place: root,
      hint: 'go to the folder of the workspace, or name it with --root',
    });
  }
}

function selectFiles(files: readonly string[], filter: readonly string[]): readonly string[] {
  if (filter.length === 0) return files;
  requireKnown(filter, files.map(nameOf));
  return files.filter((file) => filter.includes(nameOf(file)));
}

/** Files of one recipe, x.yaml and x.yml, each with the other: neither can be preferred. */
function findTwins(files: readonly string[]): ReadonlyMap<string, string> {
  const twins = files.map(
    (file) => [file, file.endsWith('.yml') ? file.replace(/yml$/, 'yaml') : file.replace(/yaml$/, 'yml')] as const,
  );
  const all = new Set(files);
  return new Map(twins.filter(([, twin]) => all.has(twin)));
}

function reportTwin([file, twin]: readonly [string, string]): Finding {
  const text = `${twin} is a recipe of the same name`;
  return { code: 'recipe.duplicate-name', severity: 'error', place: file, text, hint: 'keep one of them' };
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(ENDING, '');
}
