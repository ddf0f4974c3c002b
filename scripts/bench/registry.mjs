// How long pushing and pulling an index of 6 platforms takes (200 MB each, a third of which they share), to and from Debian's
// `docker-registry` on this machine, beside skopeo, crane, oras and docker where they are on PATH. Run `npm run build` first:
// it is dist/ that is measured. Every round of every tool has a registry of its own, so nothing is there before. ROUNDS=3,
// BENCH_FOLDER. Numbers are kept in docs/benchmarks.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORKWRIGHT } from './lib/dist.mjs';
import { writeIndexLayout } from './lib/images.mjs';
import { loadTypeScript } from './lib/load-typescript.mjs';
import { isOnPath, measure, printRows } from './lib/measure.mjs';

const { startDistribution } = await loadTypeScript(new URL('../../test/e2e/support/distribution.ts', import.meta.url));

const PLATFORMS = ['amd64', 'arm64', 'ppc64le', 's390x', 'riscv64', 'loong64'];
const SHARED_MEBIBYTES = Number(process.env.SHARED_MEBIBYTES ?? 67);
const OWN_MEBIBYTES = Number(process.env.OWN_MEBIBYTES ?? 133);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const LOADED = 'forkwright-bench.example.org/index:1';

const SKOPEO = ['skopeo', '--insecure-policy', 'copy', '--quiet', '--all', '--preserve-digests'];

/** Each gives the command of a step, or null where the tool has none. `at` is the name of the image, `to` a path. */
const TOOLS = [
  {
    name: 'forkwright',
    push: (layout, at) => [...FORKWRIGHT, 'push', layout, at],
    pullLayout: (at, to) => [...FORKWRIGHT, 'pull', at, to],
    pullArchive: (at, to) => [...FORKWRIGHT, 'pull', at, to],
  },
  {
    name: 'skopeo',
    push: (layout, at) => [...SKOPEO, '--dest-tls-verify=false', `oci:${layout}:1`, `docker://${at}`],
    pullLayout: (at, to) => [...SKOPEO, '--src-tls-verify=false', `docker://${at}`, `oci:${to}:1`],
    pullArchive: (at, to) => [...SKOPEO, '--src-tls-verify=false', `docker://${at}`, `oci-archive:${to}:1`],
  },
  {
    name: 'crane',
    push: (layout, at) => ['crane', 'push', '--index', layout, at],
    pullLayout: (at, to) => ['crane', 'pull', '--format', 'oci', at, to],
    pullArchive: null,
  },
  {
    name: 'oras',
    push: (layout, at) => ['oras', 'cp', '--no-tty', '--from-oci-layout', `${layout}:1`, '--to-plain-http', at],
    pullLayout: (at, to) => ['oras', 'cp', '--no-tty', '--from-plain-http', at, '--to-oci-layout', `${to}:1`],
    pullArchive: (at, to) => ['oras', 'backup', '--plain-http', '--output', to, at],
  },
  {
    // It loads the archive before, which is not measured; nor is the memory of its daemon.
    name: 'docker',
    start: loadIntoDocker,
    prepare: async (at) => void (await measure(['docker', 'tag', LOADED, at])),
    push: (_, at) => ['docker', 'push', '--quiet', at],
    clean: async (at) => void (await measure(['docker', 'image', 'rm', at])),
    finish: async () => void (await measure(['docker', 'image', 'rm', LOADED])),
    pullLayout: null,
    pullArchive: null,
  },
];

const STEPS = {
  cold: 'push of it all',
  again: 'the same push once more',
  mounted: 'push to another repository of the same registry',
  pullLayout: 'pull to an OCI layout',
  pullArchive: 'pull to an OCI archive',
};

const folder = await mkdtemp(join(process.env.BENCH_FOLDER ?? tmpdir(), 'forkwright-bench-'));
const layout = join(folder, 'layout');
const tools = [];
const rows = Object.fromEntries(Object.keys(STEPS).map((step) => [step, new Map()]));
try {
  const bytes = await writeIndexLayout(layout, PLATFORMS, SHARED_MEBIBYTES, OWN_MEBIBYTES);
  for (const tool of TOOLS) {
    const isHere = tool.name === 'forkwright' || (await isOnPath(tool.name));
    if (isHere && ((await tool.start?.()) ?? true)) tools.push(tool);
    else console.log(`${tool.name} is left out: it is not on PATH, or cannot be used`);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const step of Object.keys(STEPS)) {
      await note(step, 'limit: cp -r of the layout', ['cp', '-r', layout, join(folder, 'copy')]);
      await rm(join(folder, 'copy'), { recursive: true });
    }
    // Whoever is first in a round meets memory that nobody has used for a while, which is slower.
    for (const [place] of tools.entries()) await runRound(tools[(place + round) % tools.length]);
  }
  const megabytes = (bytes / 1e6).toFixed(0);
  for (const [step, title] of Object.entries(STEPS)) {
    const named = [...rows[step]].map(([name, { seconds, peak }]) => ({ name, seconds, peak }));
    printRows(`${PLATFORMS.length} platforms, ${megabytes} MB: ${title}`, named);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
  for (const { finish } of tools) await finish?.();
}

async function runRound(tool) {
  const registry = await startDistribution(join(folder, 'registry'), { logsRequests: true });
  try {
    const [first, second] = ['first', 'second'].map((name) => `${registry.host}/bench/${name}:1`);
    await tool.prepare?.(first);
    await tool.prepare?.(second);
    await note('cold', tool.name, tool.push(layout, first));
    const before = (await registry.requests()).length;
    await note('again', tool.name, tool.push(layout, first));
    const count = (await registry.requests()).length - before;
    await note('mounted', tool.name, tool.push(layout, second));
    console.error(`${tool.name}: ${count} requests of the second push`);
    for (const [step, name] of [
      ['pullLayout', 'pulled'],
      ['pullArchive', 'pulled.tar'],
    ]) {
      const path = join(folder, name);
      if (tool[step] !== null) await note(step, tool.name, tool[step](first, path));
      await rm(path, { recursive: true, force: true });
    }
    await tool.clean?.(first);
    await tool.clean?.(second);
  } finally {
    await registry.stop();
  }
}

/** Measures a step when nothing of what was done before is still on its way to the disk. */
async function note(step, name, argv) {
  await measure(['sync']);
  try {
    const { seconds, peakMebibytes } = await measure(argv);
    const row = rows[step].get(name) ?? { seconds: [], peak: 0 };
    row.seconds.push(seconds);
    row.peak = Math.max(row.peak, peakMebibytes);
    rows[step].set(name, row);
  } catch (error) {
    // Older versions of some have not every command.
    console.error(error.message);
  }
}

/** False where no daemon answers. */
async function loadIntoDocker() {
  const answers = await measure(['docker', 'version']).then(
    () => true,
    () => false,
  );
  if (!answers) return false;
  const archive = join(folder, 'loaded.tar');
  await measure([...FORKWRIGHT, 'convert', layout, archive, '--to', 'oci-archive', '--name', LOADED]);
  await measure(['docker', 'load', '--quiet', '--input', archive]);
  await rm(archive);
  return true;
}
