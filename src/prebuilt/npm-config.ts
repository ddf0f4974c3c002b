import { ForkwrightError } from '../errors.ts';
import type { RunProgram } from '../process/run.ts';
import type { Progress } from '../report/progress.ts';
import { readNpmSettings, type NpmSettings } from './npmrc.ts';

export interface NpmConfigDeps {
  /** Absolute; npm reads the project's .npmrc from here. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly run: RunProgram;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** How npm packages are to be had. */
export interface NpmRegistry {
  /** Ends in a slash; without credentials. */
  readonly url: string;
  /** For requests to the registry's own host. */
  readonly headers: Readonly<Record<string, string>>;
}

const PUBLIC_REGISTRY = 'https://registry.npmjs.org/';
const NPM_TIMEOUT_MS = 30_000;

/**
 * Finds the registry of a package's scope that npm is configured for. npm itself is asked, since it alone knows all of its
 * files and variables; where it is not on PATH, the environment and the .npmrc files of project and home are read, and a
 * note says so. Tokens, which npm does not tell, always come from those. Throws `npm.config` where the answer is no URL,
 * and `process.*` where npm fails.
 */
export async function findNpmRegistry(packageName: string, deps: NpmConfigDeps): Promise<NpmRegistry> {
  const scope = packageName.startsWith('@') ? packageName.slice(0, packageName.indexOf('/')) : null;
  const keys = [...(scope === null ? [] : [`${scope}:registry`]), 'registry'];
  const settings = await readNpmSettings(deps.root, deps.env);
  const answers = (await askNpm(keys, deps)) ?? keys.map(settings);
  const text = answers.find((answer) => answer !== undefined && answer !== '') ?? PUBLIC_REGISTRY;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    const shown = JSON.stringify(text.replace(/\/\/[^/]*@/, '//***@'));
    throw new ForkwrightError('npm.config', `npm's registry ${shown} is not a URL`, {
      hint: '`npm config get registry` shows it, `npm config set registry` changes it',
    });
  }
  const { username, password, origin, pathname } = new URL(text);
  const url = new URL(pathname.endsWith('/') ? pathname : `${pathname}/`, origin);
  const basic = username === '' ? null : encodeBasic(decodeURIComponent(username), decodeURIComponent(password));
  return { url: url.href, headers: basic ?? findCredentials(url, settings) };
}

/** Null where there is no npm. */
async function askNpm(keys: readonly string[], deps: NpmConfigDeps): Promise<readonly (string | undefined)[] | null> {
  const { root: cwd, env, signal } = deps;
  // npm start and npx say where npm is; on Windows npm is a script that cannot be started without a shell.
  const script = env['npm_execpath'] ?? '';
  const npm: [string, ...string[]] = script.endsWith('npm-cli.js') ? [process.execPath, script] : ['npm'];
  try {
    const { stdout } = await deps.run([...npm, 'config', 'get', ...keys], {
      cwd,
      env,
      signal,
      timeoutMs: NPM_TIMEOUT_MS,
    });
    return readAnswers(keys, stdout);
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code !== 'process.not-found') throw error;
    deps.progress.note('npm cannot be asked for its registry: it is read from the environment and the .npmrc files');
    return null;
  }
}

/** npm answers with the value alone for one key, with lines of `key=value` for several; `undefined` is a text there. */
function readAnswers(keys: readonly string[], stdout: string): readonly (string | undefined)[] {
  const lines = stdout.split('\n').map((line) => line.trim());
  return keys.map((key) => {
    const value =
      keys.length === 1 ? lines[0] : lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1);
    return value === 'undefined' || value === 'null' ? undefined : value;
  });
}

/** npm keys credentials by the registry's URL without its protocol, or by a folder above it. */
function findCredentials(url: URL, settings: NpmSettings): Readonly<Record<string, string>> {
  const parts = url.pathname.split('/').filter((part) => part !== '');
  for (let length = parts.length; length >= 0; length--) {
    const path = parts.slice(0, length).map((part) => `${part}/`);
    const get = (name: string) => settings(`//${url.host}/${path.join('')}:${name}`);
    const token = get('_authToken');
    if (token !== undefined) return { authorization: `Bearer ${token}` };
    const basic = get('_auth');
    if (basic !== undefined) return { authorization: `Basic ${basic}` };
    const [username, password] = [get('username'), get('_password')];
    if (username === undefined || password === undefined) continue;
    // npm keeps the password in base64.
    return encodeBasic(username, Buffer.from(password, 'base64').toString('utf8'));
  }
  return {};
}

function encodeBasic(username: string, password: string): Readonly<Record<string, string>> {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}
