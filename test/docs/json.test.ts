import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/process/run-program.ts';
import { baseRecipe, makeProposeBench, moveImage, WORKSPACE } from '../cli/propose-bench.ts';
import { configVariables, makePlace } from '../source/repository.ts';
import { runInProcess } from '../support/context.ts';
import { startGitHub } from '../support/github-server.ts';
import { LACKING } from '../support/has-program.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { seededImage, seedRepository } from '../support/registry/seeded-image.ts';

const PAGE = await readFile(new URL('../../docs/json.md', import.meta.url), 'utf8');

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'forkwright-json-'));
  await mkdir(join(root, 'recipes'));
  await writeFile(join(root, 'forkwright.yaml'), 'registry: registry.example.com\n');
  await writeFile(join(root, 'recipes/tool.yaml'), TOOL);
  await writeFile(join(root, 'recipes/other.yaml'), OTHER);
});
afterAll(() => rm(root, { recursive: true }));

const TOOL = `name: tool
version: "1.2"
image:
  base: scratch
  files:
    - {to: /etc/tool.conf, content: "level = info\\n"}
platforms: [linux/amd64, linux/arm64]
publish: {image: "{registry}/tool"}
`;
const OTHER = `name: other
version: "1"
image: {base: "alpine:3.20@sha256:${'0'.repeat(64)}", packages: [tar]}
platforms: [linux/amd64]
`;

type Document = Readonly<Record<string, unknown>>;

async function run(...argv: string[]): Promise<Document> {
  return JSON.parse((await runInProcess([...argv, '--json'], { cwd: root })).stdout) as Document;
}

/** The part of the page below a heading. */
function sectionOf(heading: string): string {
  return PAGE.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? '';
}

function listedKeys(section: string): readonly string[] {
  return [...section.matchAll(/^\| `(\w+)` +\|/gm)].map(([, key = '']) => key);
}

function exampleOf(section: string): unknown {
  const text = /^```json\n([\s\S]*?)^```$/m.exec(section)?.[1];
  return text === undefined ? null : JSON.parse(text);
}

// Maps whose keys are not ours.
const FREE = new Set(['labels', 'annotations']);

/** The paths of all keys; of a list, those of its first element. */
function pathsOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.length === 0 ? [] : pathsOf(value[0], `${path}[0]`);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const own = `${path}.${key}`;
    return FREE.has(key) ? [own] : [own, ...pathsOf(inner, own)];
  });
}

/** In their order: later commands read what earlier ones write. */
const RUNS: readonly (readonly [heading: string, ...argv: string[]])[] = [
  ['validate', 'validate', 'tool'],
  ['render', 'render'],
  ['build', 'build', 'tool'],
  ['assemble', 'assemble', 'out/tool/linux-amd64.oci.tar', '--output', 'x.oci.tar', '--name', 'example.com/tool:1.2'],
  [
    'convert',
    'convert',
    'out/tool/linux-amd64.oci.tar',
    'tool.tar',
    '--to',
    'docker-archive',
    '--name',
    'example.com/tool:1',
  ],
  ['make', 'make', 'tool'],
  ['inspect', 'inspect', 'out/tool/tool.oci.tar'],
  ['verify', 'verify', 'out/tool/tool.oci.tar', '--recipe', 'tool'],
  ['inspect --files', 'inspect', 'out/tool/linux-amd64.oci.tar', '--files'],
  ['inspect --layer', 'inspect', 'out/tool/linux-amd64.oci.tar', '--layer', '1'],
  ['extract', 'extract', 'out/tool/linux-amd64.oci.tar', '/etc/tool.conf', '--output', 'tool.conf'],
  ['adopt', 'adopt', 'out/tool/tool.oci.tar'],
  ['parity', 'parity', 'tool', '--theirs', 'out/tool/linux-amd64.oci.tar'],
  ['schema', 'schema'],
  ['init', 'init', 'third'],
  ['completion', 'completion', 'fish'],
  ['The error document', 'inspect', 'nothing.tar'],
];

test.each(RUNS)('%s prints the document that the page describes', async (heading, ...argv) => {
  expectDescribed(heading, await run(...argv));
});

test('source prints the document that the page describes', async () => {
  const place = await makePlace();
  const commit = await place.commit({ 'a.txt': 'a\n' });
  await place.commit({ 'a.txt': 'patched\n' });
  await place.formatPatch('HEAD');
  const upstream = `upstream: { git: "${place.url}", branch: main, commit: "${commit}" }\npatches: [0001-change.patch]\n`;
  const build = 'build: { kind: go, image: "golang:1.22", package: ., output: /bin/tool }\n';
  await mkdir(join(place.root, 'recipes'));
  await writeFile(join(place.root, 'forkwright.yaml'), 'registry: registry.example.com\n');
  await writeFile(join(place.root, 'recipes/tool.yaml'), `${TOOL}${upstream}${build}`);
  const { run: runProgram } = place.deps;
  const env = { ...place.deps.env, FORKWRIGHT_CACHE: join(place.folder, 'cache') };
  const argv = ['source', 'tool', '--output', 'out/tool/source', '--json'];
  const { stdout } = await runInProcess(argv, { cwd: place.root, env, run: runProgram });
  expectDescribed('source', JSON.parse(stdout) as Document);
  await place.remove();
});

test('patch prints the document that the page describes', async () => {
  const place = await makePlace();
  await place.commit({ 'a.txt': 'a\n' });
  const commit = await place.commit({ 'a.txt': 'patched\n' });
  await place.formatPatch('HEAD');
  const upstream = `upstream: { git: "${place.url}", commit: "${commit}" }\npatches: [0001-change.patch]\n`;
  const build = 'build: { kind: go, image: "golang:1.22", package: ., output: /bin/tool }\n';
  await mkdir(join(place.root, 'recipes'));
  await writeFile(join(place.root, 'forkwright.yaml'), 'registry: registry.example.com\n');
  await writeFile(join(place.root, 'recipes/tool.yaml'), `${TOOL}${upstream}${build}`);
  const env = { ...place.deps.env, FORKWRIGHT_CACHE: join(place.folder, 'cache') };
  const argv = ['patch', 'refresh', 'tool', '--dry-run', '--json'];
  const { stdout } = await runInProcess(argv, { cwd: place.root, env, run: place.deps.run });
  expectDescribed('patch', JSON.parse(stdout) as Document);
  await place.remove();
});

test('propose prints the document that the page describes', async () => {
  const bench = await makeProposeBench(() => ({
    'forkwright.yaml': WORKSPACE.replace(' }', ', labels: [forks] }'),
    'recipes/one.yaml': baseRecipe('one', 'alpine:3.20'),
  }));
  bench.project.pushCommit('main', { 'recipes/other.yaml': baseRecipe('other', 'alpine:3.20') });
  await bench.clone();
  moveImage(bench.registry, 'alpine:3.20', 7);
  const { stdout } = await bench.forkwright('propose', '--json');
  expectDescribed('propose', JSON.parse(stdout) as Document);
});

test('check prints the documents that the page describes', async () => {
  const place = await makePlace();
  const pinned = await place.commit({ 'a.txt': 'a\n' });
  await place.commit({ 'a.txt': 'b\n' });
  const server = await startGitHub();
  server.repositories.set('tools/tool', { id: 7, fullName: 'tools/tool' });
  const registry = await startRegistry();
  const image = seededImage({ platforms: ['linux/amd64', 'linux/arm64'] });
  seedRepository(registry.repository('base'), image, 'v1');
  const git = `https://${new URL(server.url).host}/tools/tool.git`;
  const upstream = `upstream: { git: "${git}", branch: main, commit: "${pinned}" }`;
  const recipe = TOOL.replace('base: scratch', `base: "${registry.host}/base:v1@${image.digest}"`);
  await mkdir(join(place.root, 'recipes'));
  await writeFile(join(place.root, 'forkwright.yaml'), 'registry: registry.example.com\n');
  await writeFile(join(place.root, 'recipes/tool.yaml'), `${recipe}${upstream}\n`);
  const env = {
    ...place.deps.env,
    ...configVariables({ [`url.${place.url}.insteadOf`]: git }),
    FORKWRIGHT_CACHE: join(place.folder, 'cache'),
    GITHUB_API_URL: server.url,
  };
  const context = { cwd: place.root, env, run: runProgram, fetch: globalThis.fetch };
  const print = async (...argv: string[]) =>
    JSON.parse((await runInProcess([...argv, '--json'], context)).stdout) as Document;
  expectDescribed('check', await print('check'));
  expectDescribed('check URL', await print('check', place.url));
  // The registry that its image goes to is nowhere.
  expectDescribed('status', await print('status', '--offline'));
  await place.remove();
});

test('fork prints the document that the page describes', async () => {
  const place = await makePlace();
  const commit = await place.commit({ 'a.txt': 'a\n' });
  execFileSync('git', ['init', '--quiet', '--bare', join(place.folder, 'fork.git')]);
  const upstream = `upstream: { git: "${place.url}", branch: main, commit: "${commit}" }\n`;
  await mkdir(join(place.root, 'recipes'));
  await writeFile(join(place.root, 'forkwright.yaml'), 'registry: registry.example.com\n');
  await writeFile(join(place.root, 'recipes/tool.yaml'), `${TOOL}${upstream}fork: "file://${place.folder}/fork.git"\n`);
  const env = { ...place.deps.env, FORKWRIGHT_CACHE: join(place.folder, 'cache') };
  const argv = ['fork', 'sync', '--dry-run', '--json'];
  const { stdout } = await runInProcess(argv, { cwd: place.root, env, run: runProgram });
  expectDescribed('fork', JSON.parse(stdout) as Document);
  await place.remove();
});

test('push and pull print the documents that the page describes', async () => {
  const registry = await startRegistry();
  const reference = `${registry.host}/tool:1.2`;
  expectDescribed('push', await run('push', 'out/tool/tool.oci.tar', reference));
  expectDescribed('pull', await run('pull', reference, 'pulled.tar'));
});

test('lock prints the document that the page describes', async () => {
  await run('lock', 'tool');
  await writeFile(join(root, 'recipes/tool.yaml'), TOOL.replace('info', 'warning'));
  expectDescribed('lock', await run('lock', 'tool'));
  await rm(join(root, 'locks'), { recursive: true });
  await writeFile(join(root, 'recipes/tool.yaml'), TOOL);
});

test('plan and why print the documents that the page describes', async () => {
  await run('lock', 'tool');
  await run('make', 'tool');
  await writeFile(join(root, 'recipes/tool.yaml'), TOOL.replace('info', 'warning'));
  expectDescribed('plan', await run('plan', 'tool', '--locked', '--store', 'out'));
  expectDescribed('why', await run('why', 'tool@linux/amd64', '--locked', '--store', 'out'));
  await rm(join(root, 'locks'), { recursive: true });
  await writeFile(join(root, 'recipes/tool.yaml'), TOOL);
});

test('archives prints the document that the page describes', async ({ skip }) => {
  skip(LACKING.size > 0, `there is no ${[...LACKING].join(', ')} on PATH`);
  await writeFile(join(root, 'recipes/tool.yaml'), `${TOOL}archives: { scheme: plain }\n`);
  const { stdout } = await runInProcess(['archives', 'tool', '--json'], {
    cwd: root,
    env: process.env,
    run: runProgram,
  });
  expectDescribed('archives', JSON.parse(stdout) as Document);
});

function expectDescribed(heading: string, document: Document): void {
  const section = sectionOf(heading);
  expect(listedKeys(section)).toEqual(Object.keys(document));
  expect(section).toContain(`\`${String(document['schema'])}\``);
  const example = exampleOf(section);
  if (example !== null) expect(pathsOf(example)).toEqual(pathsOf(document));
}

test('make says of a recipe that was not built why, and what it needs', async () => {
  const { recipes } = await run('make', 'other');
  expect(recipes).toEqual([
    {
      name: 'other',
      version: '1',
      state: 'not-built',
      platforms: ['linux/amd64'],
      seconds: 0,
      reason: 'it installs packages (tar)',
      need: 'a build engine (Docker with buildx)',
      lack: 'there is no docker on PATH',
    },
  ]);
});

test('assemble with a broken archive prints schema and findings alone', async () => {
  const bytes = await readFile(join(root, 'out/tool/linux-amd64.oci.tar'));
  const end = bytes.indexOf('"architecture":"amd64"');
  bytes.write('"architecture":"amd65"', end);
  await writeFile(join(root, 'broken.tar'), bytes);
  expect(Object.keys(await run('assemble', 'broken.tar', '--output', 'y.tar'))).toEqual(['schema', 'findings']);
});

test('every command has its section', () => {
  const headings = new Set([
    'source',
    'patch',
    'propose',
    'lock',
    'plan',
    'why',
    'check',
    'status',
    'fork',
    'archives',
    'push',
    'pull',
    ...RUNS.map(([heading]) => heading),
  ]);
  expect(COMMANDS.map(({ name }) => name).filter((name) => !headings.has(name))).toEqual([]);
});
