import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ForkwrightError, isSystemError } from '../errors.ts';

const VARIABLE = /\$\{([^}]+)\}/g;

type Environment = Readonly<Record<string, string | undefined>>;

/** Gives npm's setting of a name, undefined where there is none. */
export type NpmSettings = (key: string) => string | undefined;

/**
 * Reads npm's settings as npm itself would, where it is not asked: from npm_config_* variables, then the .npmrc of the
 * project in `root`, the user's and the global one as far as npm names it. Throws `npm.config` for a file that cannot be
 * read. Specification: npm docs, config and npmrc.
 */
export async function readNpmSettings(root: string, env: Environment): Promise<NpmSettings> {
  const home = env['HOME'] ?? env['USERPROFILE'];
  const files = [
    join(root, '.npmrc'),
    fromVariable(env, 'userconfig') ?? (home === undefined ? undefined : join(home, '.npmrc')),
    fromVariable(env, 'globalconfig'),
  ];
  const settings = new Map<string, string>();
  for (const path of files) {
    if (path === undefined) continue;
    for (const [key, value] of parseNpmrc(await readTextIfThere(path), env)) {
      if (!settings.has(key)) settings.set(key, value);
    }
  }
  return (key) => fromVariable(env, key) ?? settings.get(key);
}

function fromVariable(env: Environment, key: string): string | undefined {
  return env[`npm_config_${key}`] ?? env[`NPM_CONFIG_${key.toUpperCase()}`];
}

/**
 * Of one key that stands twice, the last counts. A setting whose variable is not set is left out: a placeholder is sent to
 * nobody as a token.
 */
function parseNpmrc(text: string, env: Environment): ReadonlyMap<string, string> {
  const isSet = (line: string) => [...line.matchAll(VARIABLE)].every(([, name = '']) => env[name] !== undefined);
  const expand = (part: string) => part.replaceAll(VARIABLE, (_, name: string) => env[name] ?? '');
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    const [, key = '', value = ''] = match ?? [];
    if (key !== '' && isSet(line)) settings.set(expand(key), expand(value.replace(/^(["'])(.*)\1$/, '$2')));
  }
  return settings;
}

async function readTextIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return '';
    throw new ForkwrightError('npm.config', "npm's settings cannot be read", { place: path, cause });
  }
}
