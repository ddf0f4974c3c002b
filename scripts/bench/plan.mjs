// How long `plan` takes for a large workspace: 1,000 recipes with 8 platforms each, 40 upstreams (local git repositories), 12
// bases, and a registry on this machine that has all images with their records. Run `npm run build` first: it is dist/ that
// is measured. RECIPES=1000, ROUNDS=3. Numbers are kept in docs/benchmarks.md.
import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DIST, FORKWRIGHT } from './lib/dist.mjs';
import { startRegistry } from './lib/manifest-registry.mjs';
import { measure } from './lib/measure.mjs';

const { openWorkbench } = await import(join(DIST, 'cli/lock/lock-recipes.js'));
const { readLocks } = await import(join(DIST, 'cli/lock/read-locks.js'));
const { listInputs } = await import(join(DIST, 'lock/target-inputs.js'));
const { annotateInputs } = await import(join(DIST, 'plan/record.js'));

const RECIPES = Number(process.env.RECIPES ?? 1000);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const UPSTREAMS = 40;
const BASES = 12;
const ARCHITECTURES = ['amd64', 'arm64', 'arm/v7', 'arm/v6', '386', 'ppc64le', 's390x', 'riscv64'];
const PLATFORMS = ARCHITECTURES.map((architecture) => `linux/${architecture}`);

/** A recipe of each kind in turn; one in twenty is built on the image of another one. */
function recipeOf(index, upstream) {
  const base = `base-${index % BASES}:1`;
  const head = `name: tool-${index}
description: Tool number ${index} of a large workspace
platforms: [${PLATFORMS.join(', ')}]
publish: {image: "{registry}/{name}", tags: ["1", latest]}
`;
  if (index % 20 === 19) {
    const files = `files: [{to: /etc/tool.conf, content: "index = ${index}\\n"}]`;
    return `${head}version: "1"\nimage: {base: "{registry}/tool-${index - 1}:1", ${files}}\n`.replaceAll(
      '{registry}',
      HOST,
    );
  }
  const source = `version: "1"\nupstream: {git: "${upstream}", branch: main}\n`;
  switch (index % 3) {
    case 0:
      return `${head}${source}build: {kind: go, image: "golang:1", package: ., output: /bin/tool, ldflags: "-s -w"}
image: {base: "${base}", packageManager: apk, packages: [tar, gzip, bzip2, xz], entrypoint: [/bin/tool]}
`;
    case 1:
      return `${head}${source}build: {kind: make, image: "golang:1", targets: [all], file: out/tool, output: /bin/tool}
image: {base: "${base}", entrypoint: [/bin/tool], env: {MODE: "${index}"}}
`;
    default:
      return `${head}version: 1.${index}.0
build:
  kind: prebuilt
  npm: {package: "@tool/linux-{arch}", version: 1.${index}.0, file: bin/tool, integrity: sha512-${Buffer.alloc(64, index).toString('base64')}}
  output: /bin/tool
image: {base: "${base}", entrypoint: [/bin/tool]}
`;
  }
}

const folder = await mkdtemp(join(tmpdir(), 'forkwright-bench-plan-'));
const root = join(folder, 'workspace');
const registry = await startRegistry();
const HOST = registry.host;
const env = { ...process.env, FORKWRIGHT_CACHE: join(folder, 'cache'), FORKWRIGHT_MIRRORS: `docker.io=${HOST}` };

function git(cwd, ...args) {
  const person = ['-c', 'user.name=A Maintainer', '-c', 'user.email=maintainer@example.org'];
  execFileSync('git', [...person, ...args], { cwd, stdio: 'ignore' });
}

async function commit(upstream, text) {
  await writeFile(join(upstream, 'main.go'), text);
  git(upstream, 'add', '.');
  git(upstream, 'commit', '--quiet', '--message', 'A change');
}

function putBase(name) {
  const manifests = ARCHITECTURES.map((each) => {
    const [architecture, variant] = each.split('/');
    const platform = { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) };
    return { ...registry.putImage(`library/${name}`, architecture, each), platform };
  });
  registry.tag(`library/${name}`, '1', { manifests });
}

/** Puts every image into the registry, with records of what it would be built from by the locks that there are. */
async function publishAll() {
  const { load, render } = await openWorkbench(root);
  const names = load(new Map()).workspace.recipes.map(({ name }) => name);
  const { locks } = await readLocks(root, names);
  for (const [name, targets] of listInputs(load(locks).workspace.recipes, render)) {
    const manifests = [...targets].map(([platform, { inputHash, leaves }]) => {
      const [os, architecture, variant] = platform.split('/');
      const named = { os, architecture, ...(variant === undefined ? {} : { variant }) };
      const annotations = annotateInputs({ inputHash, leaves });
      return { ...registry.putImage(name, architecture, inputHash), platform: named, annotations };
    });
    registry.tag(name, '1', { manifests });
  }
}

async function run(what, ...argv) {
  const seconds = [];
  let peak = 0;
  for (let round = 0; round < ROUNDS; round++) {
    Object.assign(registry.counts, { GET: 0, HEAD: 0 });
    const measured = await measure([...FORKWRIGHT, ...argv, '--root', root], { env });
    seconds.push(measured.seconds.toFixed(2));
    peak = Math.max(peak, measured.peakMebibytes);
  }
  const { GET, HEAD } = registry.counts;
  // Not the blocking kind: the registry is in this process.
  const options = { env, maxBuffer: 2 ** 28 };
  const { stdout } = await promisify(execFile)(
    FORKWRIGHT[0],
    [...FORKWRIGHT.slice(1), ...argv, '--root', root],
    options,
  );
  const last = stdout.startsWith('{') ? JSON.stringify(JSON.parse(stdout).counts) : stdout.trimEnd().split('\n').at(-1);
  const times = `${seconds.join(', ')} s`;
  console.log(`${what.padEnd(32)} ${times}  peak ${peak.toFixed(0)} MiB  ${GET} GET, ${HEAD} HEAD  ${last}`);
}

try {
  console.log(`${RECIPES} recipes, ${PLATFORMS.length} platforms each, Node ${process.versions.node}`);
  await mkdir(join(root, 'recipes'), { recursive: true });
  const upstreams = Array.from({ length: UPSTREAMS }, (_, index) => join(folder, `upstream-${index}`));
  for (const upstream of upstreams) {
    await mkdir(upstream);
    git(upstream, 'init', '--quiet', '--initial-branch=main');
    await commit(upstream, `package main // ${upstream}\n`);
  }
  for (const name of ['golang', ...Array.from({ length: BASES }, (_, index) => `base-${index}`)]) putBase(name);
  await writeFile(join(root, 'forkwright.yaml'), `registry: ${HOST}\n`);
  for (let index = 0; index < RECIPES; index++) {
    const text = recipeOf(index, `file://${upstreams[index % UPSTREAMS]}`);
    await writeFile(join(root, 'recipes', `tool-${index}.yaml`), text);
  }
  await measure([...FORKWRIGHT, 'lock', '--root', root], { env });
  await publishAll();
  await run('plan --locked, nothing changed', 'plan', '--locked');
  await run('plan, nothing changed', 'plan');
  // Of every 40 recipes two to three.
  for (const upstream of upstreams.slice(0, 3)) await commit(upstream, `package main // ${upstream}, moved\n`);
  await run('plan, 5 % changed', 'plan');
  await run('plan --json, 5 % changed', 'plan', '--json');
  await measure([...FORKWRIGHT, 'lock', '--update', 'upstream', '--root', root], { env });
  await run('plan --locked, 5 % changed', 'plan', '--locked');
} finally {
  registry.close();
  await rm(folder, { recursive: true, force: true });
}
