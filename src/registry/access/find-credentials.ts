import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../../errors.ts';
import { askHelper, type HelperDeps } from './credential-helper.ts';
import type { Credentials, FindCredentials } from './credentials.ts';
import { broken, findEntry, makeCredentials } from './docker-config.ts';

type Environment = HelperDeps['env'];

/**
 * Gives what finds credentials as docker, podman and GitLab's jobs have them. The first that knows the host counts:
 * DOCKER_AUTH_CONFIG, the file that REGISTRY_AUTH_FILE names, docker's config.json, podman's auth.json, GitLab's variables.
 * Files are read, and helpers asked, when a registry wants credentials, not before.
 */
export function createFindCredentials(deps: HelperDeps): FindCredentials {
  return async (registry) => {
    for (const { place, read } of listSources(deps.env)) {
      const bytes = await read();
      const entry = bytes === null ? null : findEntry(bytes, registry, place);
      if (entry === null) continue;
      if (entry.kind === 'credentials') return entry.credentials;
      const told = await askHelper(entry.helper, entry.server, place, deps);
      if (told !== null) return told;
    }
    return findGitLabCredentials(deps.env, registry);
  };
}

interface Source {
  readonly place: string;
  readonly read: () => Promise<Uint8Array | null>;
}

function listSources(env: Environment): readonly Source[] {
  const value = env['DOCKER_AUTH_CONFIG'] ?? '';
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '';
  const runtime = env['XDG_RUNTIME_DIR'] ?? '';
  const docker = env['DOCKER_CONFIG'] || (home === '' ? '' : join(home, '.docker'));
  const files = [
    env['REGISTRY_AUTH_FILE'] ?? '',
    docker === '' ? '' : join(docker, 'config.json'),
    runtime === '' ? '' : join(runtime, 'containers', 'auth.json'),
    home === '' ? '' : join(home, '.config', 'containers', 'auth.json'),
  ];
  const given = { place: 'DOCKER_AUTH_CONFIG', read: () => Promise.resolve(Buffer.from(value)) };
  const named = files.filter((path) => path !== '').map((path) => ({ place: path, read: () => readIfThere(path) }));
  return value === '' ? named : [given, ...named];
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw broken('the file cannot be opened', path, error);
  }
}

/**
 * The registry and the dependency proxy of the GitLab that runs a job. Specification: GitLab, "Predefined CI/CD variables
 * reference".
 */
function findGitLabCredentials(env: Environment, registry: string): Credentials | null {
  const read = (name: string) => env[name] ?? '';
  const token = { user: 'gitlab-ci-token', password: 'CI_JOB_TOKEN' };
  const ways = [
    { host: 'CI_REGISTRY', user: read('CI_REGISTRY_USER'), password: 'CI_REGISTRY_PASSWORD' },
    { host: 'CI_REGISTRY', ...token },
    {
      host: 'CI_DEPENDENCY_PROXY_SERVER',
      user: read('CI_DEPENDENCY_PROXY_USER'),
      password: 'CI_DEPENDENCY_PROXY_PASSWORD',
    },
  ];
  // GitLab writes the port of https although no image name has it.
  const bare = (host: string) => host.replace(/:443$/, '');
  const way = ways.find(
    ({ host, user, password }) =>
      read(host) !== '' && bare(read(host)) === bare(registry) && user !== '' && read(password) !== '',
  );
  return way === undefined ? null : makeCredentials(way.user, read(way.password), `GitLab's variable ${way.password}`);
}
