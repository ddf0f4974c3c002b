import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runProgram } from '../../src/process/run-program.ts';
import { makePlace, type Place } from '../source/repository.ts';
import { runInProcess, type CommandRun } from '../support/context.ts';
import { openGitLabForge, type TestForge } from '../support/gitlab-forge/open-gitlab-forge.ts';
import type { TestProject } from '../support/gitlab-forge/project.ts';
import type { TestRegistry } from '../support/registry/open-registry.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { seededImage, seedRepository } from '../support/registry/seeded-image.ts';

export const PLATFORMS = ['linux/amd64', 'linux/arm64'];

/** A GitLab project with a workspace whose recipes are locked and rendered, a clone of it, an upstream and a registry. */
export interface ProposeBench extends Place {
  readonly registry: TestRegistry;
  readonly forge: TestForge;
  readonly project: TestProject;
  /** Runs forkwright in the clone. */
  readonly forkwright: (...argv: string[]) => Promise<CommandRun>;
  /** The same with other variables of the environment. */
  readonly forkwrightWith: (env: Readonly<Record<string, string>>, ...argv: string[]) => Promise<CommandRun>;
  /** Makes a clone of what the project is now, in the place of the one before. */
  readonly clone: () => Promise<void>;
  readonly checkout: string;
}

/** Files of the workspace by path; `files` gets the URL of the upstream. */
export async function makeProposeBench(
  files: (place: Place) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>,
  folder = '',
): Promise<ProposeBench> {
  const place = await makePlace();
  onTestFinished(place.remove);
  const registry = await startRegistry();
  for (const [index, name] of ['alpine:3.20', 'golang:1.24'].entries()) {
    moveImage(registry, name, index + 1);
  }
  const forge = await openGitLabForge();
  const env = {
    ...place.deps.env,
    FORKWRIGHT_CACHE: join(place.folder, 'cache'),
    FORKWRIGHT_MIRRORS: `docker.io=${registry.host}`,
    GITLAB_HOST: forge.url,
    GITLAB_TOKEN: forge.token,
  };
  const run = (cwd: string, more: Readonly<Record<string, string>>, argv: readonly string[]) =>
    runInProcess(argv, { cwd, env: { ...env, ...more }, run: runProgram, fetch: globalThis.fetch });
  for (const [path, text] of Object.entries(await files(place))) {
    await mkdir(join(place.root, path, '..'), { recursive: true });
    await writeFile(join(place.root, path), text);
  }
  for (const command of ['lock', 'render']) {
    const { exitCode, stderr } = await run(place.root, {}, [command]);
    if (exitCode !== 0) throw new Error(stderr);
  }
  const texts = await readAll(place.root);
  const inFolder = Object.fromEntries(Object.entries(texts).map(([path, text]) => [`${folder}${path}`, text]));
  const project = forge.createProject({ path: 'releng/forks', files: inFolder });
  const checkout = join(place.folder, 'checkout');
  const clone = async () => {
    const bare = join(place.folder, 'forks.git');
    await project.exportTo(bare);
    await rm(checkout, { recursive: true, force: true });
    execFileSync('git', ['clone', '--quiet', bare, checkout], { env: { ...place.deps.env }, stdio: 'pipe' });
  };
  await clone();
  const workspace = join(checkout, folder);
  return {
    ...place,
    registry,
    forge,
    project,
    checkout: workspace,
    clone,
    forkwright: (...argv) => run(workspace, {}, argv),
    forkwrightWith: (more, ...argv) => run(workspace, more, argv),
  };
}

/** Runs `forkwright propose`; steps are `action key: reason`, findings `code text`. */
export async function propose(bench: ProposeBench, ...argv: string[]) {
  const { exitCode, stdout, stderr } = await bench.forkwright('propose', '--json', ...argv);
  const document = JSON.parse(stdout) as {
    steps?: { key: string; action: string; reason: string }[];
    findings: { code: string; text: string }[];
  };
  const steps = (document.steps ?? []).map(({ key, action, reason }) => `${action} ${key}: ${reason}`);
  return { exitCode, steps, findings: document.findings.map(({ code, text }) => `${code} ${text}`), document, stderr };
}

/** Puts another image under a name of Docker Hub's; the seed decides which. */
export function moveImage(
  registry: TestRegistry,
  name: string,
  seed: number,
  platforms: readonly string[] = PLATFORMS,
): void {
  const [repository = '', tag = ''] = name.split(':');
  seedRepository(registry.repository(`library/${repository}`), seededImage({ seed, platforms }), tag);
}

/** All files below a folder, by path. */
async function readAll(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const read = paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path, 'utf8')] as const);
  return Object.fromEntries(await Promise.all(read));
}

export const WORKSPACE = 'registry: registry.example.com\npropose: { project: releng/forks }\n';

/** A recipe of a program in Go that follows main. */
export function goRecipe(name: string, url: string, more = ''): string {
  return `name: ${name}
upstream: { git: "${url}", branch: main }
build: { kind: go, image: "golang:1.24", package: ., output: /bin/${name} }
image: { base: "alpine:3.20" }
platforms: [linux/amd64, linux/arm64]
publish: { image: "{registry}/${name}" }
${more}`;
}

/** A recipe that is an image and nothing else. */
export function baseRecipe(name: string, base: string): string {
  return `name: ${name}\nversion: "1"\nimage: { base: "${base}" }\nplatforms: [linux/amd64, linux/arm64]\npublish: { image: "{registry}/${name}" }\n`;
}
