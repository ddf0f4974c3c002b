import { GENERATED } from '../recipe/output-names.ts';
import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { isSystemError } from '../errors.ts';
import type { ExistingEntry } from './plan-writes.ts';
import { PIPELINE_PATH } from './rendered-file.ts';

const CONCURRENCY = 32;
const OUR_NAME = /^(?:.+\.Dockerfile|docker-bake\.json)$/;

/**
 * Reads what lies in a workspace's generated/ at paths that forkwright writes; other files are not looked at. Symbolic
 * links are listed and never followed. Takes the workspace's absolute path.
 */
export async function readGenerated(root: string): Promise<readonly ExistingEntry[]> {
  const type = await typeOf(join(root, GENERATED));
  if (type === null) return [];
  if (type === 'file') return [{ path: GENERATED, type, content: '' }];
  if (type !== 'folder') return [{ path: GENERATED, type }];
  const top = await listFolder(root, GENERATED);
  const folders = top.filter(({ path, entry }) => entry.isDirectory() && path !== PIPELINE_PATH);
  const below = await pMap(folders, ({ path }) => listFolder(root, path), { concurrency: CONCURRENCY });
  const candidates = [
    // Beside the pipeline, a file up here matters only where a recipe's folder should be.
    ...top.filter(({ path, entry }) => !entry.isDirectory() || path === PIPELINE_PATH),
    ...below.flat().filter(({ entry }) => OUR_NAME.test(entry.name)),
  ];
  return pMap(candidates, ({ path, entry }) => readEntry(root, path, entry), { concurrency: CONCURRENCY });
}

interface Listed {
  readonly path: string;
  readonly entry: Dirent;
}

async function listFolder(root: string, folder: string): Promise<readonly Listed[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  return entries.map((entry) => ({ path: `${folder}/${entry.name}`, entry }));
}

async function readEntry(root: string, path: string, entry: Dirent): Promise<ExistingEntry> {
  const type = typeOfEntry(entry);
  if (type !== 'file') return { path, type };
  const isCandidate = path === PIPELINE_PATH || path.split('/').length > 2;
  return { path, type, content: isCandidate ? await readFile(join(root, path), 'utf8') : '' };
}

async function typeOf(path: string): Promise<ExistingEntry['type'] | null> {
  try {
    return typeOfEntry(await lstat(path));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}

function typeOfEntry(entry: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): ExistingEntry['type'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}
