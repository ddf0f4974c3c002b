import { mirrorContexts } from '../../../src/build/mirror-contexts.ts';
import { readMirrors } from '../../../src/recipe/mirrors.ts';
import { run, runWell, type Ended } from './run.ts';
import { FOLDER } from './settings.ts';

/** The arguments that have docker take images from FORKWRIGHT_MIRRORS: FLAG PREFIXalpine:3.20=docker-image://... */
export function contextArguments(images: readonly string[], flag: string, prefix: string): readonly string[] {
  const contexts = mirrorContexts(images, readMirrors(process.env, {}));
  return contexts.flatMap(({ name, value }) => [flag, `${prefix}${name}=${value}`]);
}

/** Where docker reaches its server: DOCKER_HOST, else the current context's. */
export async function dockerEndpoint(): Promise<string> {
  const { DOCKER_HOST: host } = process.env;
  if (host !== undefined && host !== '') return host;
  const format = '{{.Endpoints.docker.Host}}';
  return (await runWell(['docker', 'context', 'inspect', '--format', format], { cwd: FOLDER })).trim();
}

/** Runs docker to its end, however that is. */
export function docker(...args: readonly string[]): Promise<Ended> {
  return run(['docker', ...args], { cwd: FOLDER });
}

/** Runs docker and gives its stdout; throws where it does not end with 0. */
export function dockerWell(...args: readonly string[]): Promise<string> {
  return runWell(['docker', ...args], { cwd: FOLDER });
}
