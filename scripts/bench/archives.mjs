// How long converting and assembling archives take, beside the limit of the machine (read, SHA-256 and write of the bytes)
// and beside other tools where they are on PATH. Run `npm run build` first: it is dist/ that is measured. The archives are
// made here: 6 platforms of about 200 MB each, a third of which they share. Numbers are kept in docs/benchmarks.md.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FORKWRIGHT } from './lib/dist.mjs';
import { planNoiseLayer, writeDockerArchive, writeNoiseLayers } from './lib/images.mjs';
import { compare, inTurn, isOnPath, measure } from './lib/measure.mjs';

const PLATFORMS = ['amd64', 'arm64', 'ppc64le', 's390x', 'riscv64', 'loong64'];
const SHARED_MEBIBYTES = 67;
const OWN_MEBIBYTES = 133;
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const LIMIT = fileURLToPath(new URL('lib/limit.mjs', import.meta.url));
const limit = (to, from) => [process.execPath, LIMIT, 'copy', to, ...from];

const folder = await mkdtemp(join(process.env.BENCH_FOLDER ?? tmpdir(), 'forkwright-bench-'));
try {
  const to = join(folder, 'out');
  const clean = () => rm(to, { recursive: true, force: true });
  const shared = planNoiseLayer('shared', SHARED_MEBIBYTES);
  const own = PLATFORMS.map((architecture) => planNoiseLayer(architecture, OWN_MEBIBYTES));
  const archives = PLATFORMS.map((architecture) => join(folder, `${architecture}.tar`));
  for (const [index, architecture] of PLATFORMS.entries()) {
    await writeDockerArchive(archives[index], architecture, [shared, own[index]]);
  }
  const unique = await writeNoiseLayers(join(folder, 'unique'), [shared, ...own]);
  const { size } = await stat(archives[0]);
  const hasSkopeo = await isOnPath('skopeo');
  const skopeo = (index, target) => {
    const flags = ['--quiet', '--insecure-policy', '--dest-oci-accept-uncompressed-layers'];
    const platform = ['--override-arch', PLATFORMS[index], '--override-os', 'linux'];
    return ['skopeo', 'copy', ...flags, ...platform, `docker-archive:${archives[index]}`, target];
  };

  // Each to a name of its own, so that nothing is removed while the clock runs.
  const each = (argvOf) => async () => {
    const measured = await inTurn(archives.map((from, index) => argvOf(from, join(to, `${index}`), index)));
    return measured;
  };
  const prepared = (name, run) => ({ name, run: async () => (await measure(['mkdir', '-p', to]), run()), clean });
  const converting = [
    prepared(
      'limit: read, SHA-256, write',
      each((from, out) => limit(out, [from])),
    ),
    prepared(
      'forkwright convert',
      each((from, out) => [...FORKWRIGHT, 'convert', from, out, '--to', 'oci-archive']),
    ),
  ];
  if (hasSkopeo) {
    converting.push(
      prepared(
        'skopeo copy',
        each((from, out, index) => skopeo(index, `oci-archive:${out}`)),
      ),
    );
  }
  const megabytes = (size / 1e6).toFixed(0);
  await compare(
    `${archives.length} docker archives of ${megabytes} MB to OCI archives, one by one`,
    converting,
    ROUNDS,
  );

  const halves = [unique.filter((_, index) => index % 2 === 0), unique.filter((_, index) => index % 2 === 1)];
  const assembling = [
    prepared('limit: read, SHA-256, write, 2 processes', async () => {
      const both = await Promise.all(halves.map((half, index) => measure(limit(join(to, `${index}`), half))));
      const [seconds, peakMebibytes] = ['seconds', 'peakMebibytes'].map((key) =>
        Math.max(...both.map((one) => one[key])),
      );
      return { seconds, peakMebibytes };
    }),
    prepared('the same with 1 process', () => measure(limit(join(to, '0'), unique))),
    prepared('forkwright assemble', () =>
      measure([...FORKWRIGHT, 'assemble', ...archives, '--output', join(to, 'all.oci.tar')]),
    ),
  ];
  if (hasSkopeo && (await isOnPath('oras'))) {
    assembling.push(
      prepared('skopeo copy, oras manifest index, tar', () => {
        const layout = join(to, 'layout');
        const tags = PLATFORMS.map((architecture) => architecture);
        return inTurn([
          ...archives.map((_, index) => skopeo(index, `oci:${layout}:${PLATFORMS[index]}`)),
          ['oras', 'manifest', 'index', 'create', '--oci-layout', `${layout}:all`, ...tags],
          ['tar', '-C', layout, '-cf', join(to, 'all.oci.tar'), '.'],
        ]);
      }),
    );
  }
  await compare(`the same ${archives.length} archives to one index archive`, assembling, ROUNDS);
} finally {
  await rm(folder, { recursive: true, force: true });
}
