import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'vitest';
import { findChromium } from './chromium.ts';
import { contextArguments, dockerEndpoint } from './docker.ts';
import { run, type Ended } from './run.ts';
import {
  BASE_IMAGE,
  COPY_PLATFORMS,
  FOLDER,
  GITLAB_CI_LOCAL,
  GO_IMAGE,
  IS_REQUIRED,
  MAY_LACK,
  REGISTRY,
} from './settings.ts';

/** What a machine may lack; each is found out by trying, once in a run. */
export type Need =
  | 'docker'
  | 'engine'
  | 'emulators'
  | 'go-image'
  | 'debian-packages'
  | 'registry'
  | 'docker-registry'
  | 'skopeo'
  | 'umoci'
  | 'xz'
  | 'zstd'
  | 'root'
  | 'containerd-store'
  | 'engine-socket'
  | 'processes'
  | 'gitlab-ci-local'
  | 'chromium';

const PROBE_MS = 120_000;

/**
 * A test that is skipped where the machine lacks something, and says what; with FORKWRIGHT_E2E_REQUIRED=1 it fails instead.
 */
export function testWith(needs: readonly Need[], name: string, body: (context: TestContext) => Promise<void>): void {
  test(name, async (context) => {
    for (const need of needs) {
      const lack = await findLack(need);
      if (lack === '') continue;
      if (IS_REQUIRED && !MAY_LACK.has(need)) throw new Error(`${need}: ${lack}`);
      context.skip(`${need}: ${lack}`);
    }
    await body(context);
  });
}

/** Why the machine lacks something; an empty text where it does not. */
async function findLack(need: Need): Promise<string> {
  const file = join(FOLDER, 'needs', need);
  if (existsSync(file)) return readFile(file, 'utf8');
  await mkdir(join(FOLDER, 'needs'), { recursive: true });
  const lack = await PROBES[need]();
  await writeFile(file, lack);
  return lack;
}

const PROBES: Readonly<Record<Need, () => Promise<string>>> = {
  docker: async () => (await fails(['docker', 'version'])) || fails(['docker', 'buildx', 'version']),
  engine: () => failsToBuild(['linux/amd64'], `FROM ${BASE_IMAGE}\nRUN true\n`),
  // Some engines do not list linux/arm although they run it.
  emulators: () => failsToBuild(COPY_PLATFORMS, `FROM ${BASE_IMAGE}\nRUN true\n`),
  'go-image': () => failsToBuild([], `FROM ${GO_IMAGE}\nRUN go version && gcc --version && make --version\n`),
  'debian-packages': () => failsToBuild([], `FROM ${GO_IMAGE}\nRUN apt-get update\n`),
  registry: askRegistry,
  'docker-registry': () => fails(['docker-registry', '--version']),
  skopeo: () => fails(['skopeo', '--version']),
  umoci: () => fails(['umoci', '--version']),
  xz: () => fails(['xz', '--version']),
  zstd: () => fails(['zstd', '--version']),
  root: async () => (process.getuid?.() === 0 ? '' : 'only root can make devices, and files of other users'),
  'containerd-store': async () => {
    const { stdout } = await run(['docker', 'info', '--format', '{{.DriverStatus}}'], { cwd: FOLDER });
    return stdout.includes('io.containerd.snapshotter.v1') ? '' : 'docker keeps its images in its classic store';
  },
  'engine-socket': async () => {
    const endpoint = await dockerEndpoint();
    return endpoint.startsWith('unix://')
      ? ''
      : `docker is reached by ${endpoint}, and not by a socket that can be cut`;
  },
  processes: async () => (existsSync('/proc/self/cwd') ? '' : 'this system has no /proc that tells of processes'),
  'gitlab-ci-local': async () =>
    (await fails(['bash', '--version'])) ||
    (await fails(['rsync', '--version'])) ||
    fails(['npx', '--yes', GITLAB_CI_LOCAL, '--version']),
  chromium: async () => {
    const path = findChromium();
    return path === null ? 'there is none on PATH; CHROMIUM_PATH names another' : fails([path, '--version']);
  },
};

/** Builds without a cache, so that all is tried. */
async function failsToBuild(platforms: readonly string[], dockerfile: string): Promise<string> {
  const output = ['--output', `type=oci,dest=${join(FOLDER, 'probe.oci.tar')}`];
  const wanted = platforms.length === 0 ? [] : ['--platform', platforms.join(',')];
  const contexts = contextArguments([BASE_IMAGE, GO_IMAGE], '--build-context', '');
  return fails(['docker', 'buildx', 'build', '--no-cache', ...wanted, ...output, ...contexts, '-'], dockerfile);
}

async function fails(argv: readonly [string, ...string[]], input = ''): Promise<string> {
  let ended: Ended;
  try {
    ended = await run(argv, { cwd: FOLDER, input, timeoutMs: PROBE_MS });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { exitCode, stdout, stderr } = ended;
  if (exitCode === 0) return '';
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  const said = lines.findLast((line) => line.startsWith('ERROR:')) ?? lines.at(-1) ?? 'nothing';
  return exitCode === null ? `${argv[0]} did not end within ${PROBE_MS / 1000} s` : `${argv[0]} said ${said}`;
}

async function askRegistry(): Promise<string> {
  const problems: string[] = [];
  for (const scheme of ['https', 'http']) {
    try {
      const { status } = await fetch(`${scheme}://${REGISTRY.split('/', 1)[0]}/v2/`);
      if (status === 200 || status === 401) return '';
      problems.push(`status ${status}`);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  return `${REGISTRY} does not answer as a registry (${problems.join(', ')}); FORKWRIGHT_E2E_REGISTRY names another`;
}
