import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pMap from 'p-map';
import { ForkwrightError, isSystemError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { compareText } from '../platform/order.ts';
import { parseYaml } from './document.ts';
import { readYamlFile } from './read-file.ts';
import { requireKnown } from './require-known.ts';
import { resolveRecipe, type Resolved } from './resolve.ts';
import type { Workspace } from './target.ts';
import { NO_DEFAULTS, readWorkspaceText, type WorkspaceDefaults } from './workspace-file.ts';

/** A workspace's file of defaults, and the folder of its recipes. */
export const WORKSPACE_FILE = 'forkwright.yaml';
const RECIPES_FOLDER = 'recipes';
const ENDING = /\.ya?ml$/;
const READS_AT_ONCE = 16;

/**
 * Reads a workspace, forkwright.yaml and recipes/*.yaml below `root`: all its recipes, or those named in `filter`. Gives
 * the sound ones, resolved, by name, and everything that is wrong with any of the files that were read.
 * Throws `recipe.unknown-name` for a name that no recipe has, `workspace.not-found` where there are no recipes at all.
 */
export async function loadWorkspace(
  root: string,
  filter: readonly string[] = [],
): Promise<{ workspace: Workspace; findings: Finding[] }> {
  const folder = resolve(root);
  const { defaults, findings } = await readDefaults(folder);
  const files = selectFiles(await listRecipes(folder), filter);
  const resolved = await pMap(files, (file) => readRecipe(folder, file, defaults), { concurrency: READS_AT_ONCE });
  const twins = findTwins(files);
  const recipes = resolved.flatMap(({ recipe }) => (recipe === null || twins.has(recipe.file) ? [] : recipe));
  return {
    workspace: {
      root: folder,
      settings: defaults.settings,
      recipes: recipes.toSorted((a, b) => compareText(a.name, b.name)),
    },
    findings: [...findings, ...[...twins].map(reportTwin), ...resolved.flatMap((each) => each.findings)],
  };
}

/** Takes the text of a recipe and what its workspace says, and gives it resolved, with everything that is wrong. */
export function loadRecipeText(text: string, file: string, defaults: WorkspaceDefaults): Resolved {
  const document = parseYaml(text, file);
  if ('data' in document) return resolveRecipe(document, nameOf(file), defaults);
  return { recipe: null, findings: document };
}

async function readDefaults(root: string) {
  const text = await readYamlFile(root, WORKSPACE_FILE);
  if (text === null) return { defaults: NO_DEFAULTS, findings: [] };
  if (typeof text === 'string') return readWorkspaceText(text, WORKSPACE_FILE);
  return { defaults: { ...NO_DEFAULTS, isFaulty: true }, findings: [text] };
}

async function readRecipe(root: string, file: string, defaults: WorkspaceDefaults): Promise<Resolved> {
  const text = await readYamlFile(root, file);
  if (typeof text === 'string') return loadRecipeText(text, file, defaults);
  const gone: Finding = { code: 'yaml.not-a-file', severity: 'error', place: file, text: 'is not there', hint: null };
  return { recipe: null, findings: [text ?? gone] };
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
