import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ForkwrightError, isSystemError } from '../errors.ts';
import type { RunProgram } from '../process/run.ts';

export interface NpmConfigDeps {
  /** Absolute; npm reads the project's .npmrc from here. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly run: RunProgram;
  readonly signal: AbortSignal;
}

/** How npm packages are to be had. */
export interface NpmRegistry {
  /** Ends in a slash. */
  readonly url: string;
  /** For requests to the registry's own host. */
  readonly headers: Readonly<Record<string, string>>;
}

const PUBLIC_REGISTRY = 'https://registry.npmjs.org/';
const NPM_TIMEOUT_MS = 30_000;

/**
 * Finds the registry of a package's scope that npm is configured for. npm itself is asked, since it alone knows all of its
 * files and variables; where there is no npm, the environment and the .npmrc files of project and home are read. Tokens,
 * which npm does not tell, always come from those files. Throws `npm.config` where npm's answer is no URL.
 */
export async function findNpmRegistry(packageName: string, deps: NpmConfigDeps): Promise<NpmRegistry> {
  const scope = packageName.startsWith('@') ? packageName.slice(0, packageName.indexOf('/')) : null;
  const settings = await readNpmrcFiles(deps);
  const keys = [...(scope === null ? [] : [`${scope}:registry`]), 'registry'];
  const answers = await askNpm(keys, settings, deps);
  const text = answers.find((answer) => answer !== '') ?? PUBLIC_REGISTRY;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new ForkwrightError('npm.config', `npm's registry ${JSON.stringify(text)} is not a URL`, {
      hint: '`npm config get registry` shows it, `npm config set registry` changes it',
    });
  }
  const url = text.endsWith('/') ? text : `${text}/`;
  return { url, headers: findCredentials(new URL(url), settings) };
}

async function askNpm(
  keys: readonly string[],
  settings: ReadonlyMap<string, string>,
  deps: NpmConfigDeps,
): Promise<readonly string[]> {
  // npm start and npx say where npm is; on Windows npm is a script that cannot be started without a shell.
  const script = deps.env['npm_execpath'] ?? '';
  const npm: [string, ...string[]] = /npm-cli\.js$/.test(script) ? [process.execPath, script] : ['npm'];
  try {
    const answers: string[] = [];
    for (const key of keys) {
      const { stdout } = await deps.run([...npm, 'config', 'get', key], {
        cwd: deps.root,
        env: deps.env,
        signal: deps.signal,
        timeoutMs: NPM_TIMEOUT_MS,
      });
      const answer = stdout.trim();
      if (answer !== '' && answer !== 'undefined' && answer !== 'null') return [answer];
    }
    return answers;
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code !== 'process.not-found') throw error;
    return keys.map((key) => deps.env[`npm_config_${key}`] ?? settings.get(key) ?? '');
  }
}

/** The settings of the project's and the user's .npmrc, the project's first. Specification: npm docs, npmrc(5). */
async function readNpmrcFiles({ root, env }: NpmConfigDeps): Promise<ReadonlyMap<string, string>> {
  const home = env['HOME'] ?? env['USERPROFILE'];
  const own =
    env['npm_config_userconfig'] ?? env['NPM_CONFIG_USERCONFIG'] ?? (home === undefined ? null : join(home, '.npmrc'));
  const settings = new Map<string, string>();
  for (const path of [join(root, '.npmrc'), ...(own === null ? [] : [own])]) {
    for (const line of (await readTextIfThere(path)).split('\n')) {
      const match = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
      if (match === null || settings.has(match[1] ?? '')) continue;
      const value = (match[2] ?? '').replace(/^"(.*)"$/, '$1');
      settings.set(
        match[1] ?? '',
        value.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => env[name] ?? whole),
      );
    }
  }
  return settings;
}

async function readTextIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return '';
    throw error;
  }
}

/** npm keys credentials by the registry's URL without its protocol, or by a folder above it. */
function findCredentials(url: URL, settings: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const parts = url.pathname.split('/').filter((part) => part !== '');
  for (let length = parts.length; length >= 0; length--) {
    const path = parts
      .slice(0, length)
      .map((part) => `${part}/`)
      .join('');
    const get = (name: string) => settings.get(`//${url.host}/${path}:${name}`);
    const token = get('_authToken');
    if (token !== undefined) return { authorization: `Bearer ${token}` };
    const basic = get('_auth') ?? joinBasic(get('username'), get('_password'));
    if (basic !== undefined) return { authorization: `Basic ${basic}` };
  }
  return {};
}

/** npm keeps the password in base64. */
function joinBasic(username: string | undefined, password: string | undefined): string | undefined {
  if (username === undefined || password === undefined) return undefined;
  return Buffer.from(`${username}:${Buffer.from(password, 'base64').toString('utf8')}`).toString('base64');
}
