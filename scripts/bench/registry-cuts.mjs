// How many pushes get through a network that cuts every connection after a random number of bytes, 30 kB on the average: an
// index of 6 platforms, 1.3 MB, each time to a new repository of Debian's `docker-registry`, beside skopeo, crane and oras
// where they are on PATH. Run `npm run build` first: it is dist/ that is measured. PUSHES=10, CUT_BYTES=30000, SEED=1. Numbers
// are kept in docs/benchmarks.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORKWRIGHT } from './lib/dist.mjs';
import { writeIndexLayout } from './lib/images.mjs';
import { loadTypeScript } from './lib/load-typescript.mjs';
import { isOnPath, measure } from './lib/measure.mjs';

const load = (path) => loadTypeScript(new URL(`../../test/${path}`, import.meta.url));
const { startDistribution } = await load('e2e/support/distribution.ts');
const { startCuttingProxy } = await load('e2e/support/cutting-proxy.ts');
const { readHeld } = await load('e2e/support/read-registry.ts');
const { seededRandom } = await load('support/registry/random.ts');

const PLATFORMS = ['amd64', 'arm64', 'ppc64le', 's390x', 'riscv64', 'loong64'];
const PUSHES = Number(process.env.PUSHES ?? 10);
const CUT_BYTES = Number(process.env.CUT_BYTES ?? 30_000);
const SEED = Number(process.env.SEED ?? 1);
const LIMIT_MS = 10 * 60_000;

const skopeo = (...more) => {
  const argv = ['skopeo', '--insecure-policy', 'copy', '--quiet', '--all', '--preserve-digests', ...more];
  return (layout, at) => [...argv, '--dest-tls-verify=false', `oci:${layout}:1`, `docker://${at}`];
};
const TOOLS = [
  { name: 'forkwright push', push: (layout, at) => [...FORKWRIGHT, 'push', layout, at] },
  { name: 'skopeo copy', push: skopeo() },
  { name: 'skopeo copy --retry-times 5', push: skopeo('--retry-times', '5') },
  { name: 'crane push', push: (layout, at) => ['crane', 'push', '--index', layout, at] },
  { name: 'oras cp', push: (layout, at) => ['oras', 'cp', '--from-oci-layout', `${layout}:1`, '--to-plain-http', at] },
];

const folder = await mkdtemp(join(process.env.BENCH_FOLDER ?? tmpdir(), 'forkwright-bench-'));
const layout = join(folder, 'layout');
const registry = await startDistribution(join(folder, 'registry'));
try {
  const bytes = await writeIndexLayout(layout, PLATFORMS, 60 / 1024, 200 / 1024);
  console.log(`${PUSHES} pushes of ${(bytes / 1e6).toFixed(1)} MB, connections cut after ${CUT_BYTES} bytes`);
  for (const [index, { name, push }] of TOOLS.entries()) {
    const [program] = push('', '');
    if (program !== process.execPath && !(await isOnPath(program))) {
      console.log(`  ${name} is left out: it is not on PATH`);
      continue;
    }
    // Everybody meets the same cuts.
    const random = seededRandom(SEED);
    const proxy = await startCuttingProxy({ port: registry.port, meanBytes: CUT_BYTES, random });
    const seconds = [];
    for (let turn = 0; turn < PUSHES; turn++) {
      const repository = `cuts/tool-${index}-${turn}`;
      const taken = await pushThrough(push(layout, `${proxy.host}/${repository}:1`), repository);
      if (taken !== null) seconds.push(taken);
    }
    const { connections, cuts } = proxy.counts();
    await proxy.close();
    const [least, most] = [Math.min(...seconds), Math.max(...seconds)].map((each) => each.toFixed(1));
    const taken = seconds.length === 0 ? '' : `, ${least} to ${most} s each`;
    console.log(`  ${name.padEnd(30)} ${seconds.length} complete${taken} (${connections} connections, ${cuts} cut)`);
  }
} finally {
  await registry.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Seconds; null where not everything is in the registry afterwards. */
async function pushThrough(argv, repository) {
  try {
    // Caches would remember that another repository has the blobs.
    const env = { ...process.env, FORKWRIGHT_CACHE: join(folder, 'caches', repository) };
    const { seconds } = await measure(argv, { timeout: LIMIT_MS, env });
    await readHeld(registry.host, repository, '1');
    return seconds;
  } catch (error) {
    if (process.env.VERBOSE === '1') console.error(error.message.split('\n').slice(0, 3).join('\n'));
    return null;
  }
}
