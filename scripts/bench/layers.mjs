// How long an image of 100 layers takes: as another archive, with fewer layers, and flattened; beside the limit and other
// tools. Numbers are kept in docs/benchmarks.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FORKWRIGHT } from './lib/dist.mjs';
import { writeFileLayout } from './lib/images.mjs';
import { compare, isOnPath, measure } from './lib/measure.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const LAYERS = 100;
const FILES = 100_000;
const LIMIT = fileURLToPath(new URL('lib/limit.mjs', import.meta.url));

const folder = await mkdtemp(join(process.env.BENCH_FOLDER ?? tmpdir(), 'forkwright-bench-'));
try {
  const layout = join(folder, 'layout');
  const blobs = await writeFileLayout(layout, FILES, LAYERS);
  const to = join(folder, 'out');
  const contender = (name, argv) => ({
    name,
    run: () => measure(argv),
    clean: () => rm(to, { recursive: true, force: true }),
  });
  const convert = (...options) => [...FORKWRIGHT, 'convert', layout, to, ...options];
  const keeping = [
    contender('limit: read, SHA-256, write', [process.execPath, LIMIT, 'copy', to, ...blobs]),
    contender('forkwright convert --to oci-archive', convert('--to', 'oci-archive')),
    contender('forkwright convert --to oci (links)', convert('--to', 'oci')),
  ];
  if (await isOnPath('skopeo')) {
    keeping.push(
      contender('skopeo copy', ['skopeo', 'copy', '-q', '--insecure-policy', `oci:${layout}:1`, `oci-archive:${to}`]),
    );
  }
  await compare(`${LAYERS} layers with ${FILES} files to an OCI archive`, keeping, ROUNDS);

  const plain = ['--to', 'oci-archive', '--layer-compression', 'none'];
  const merging = [
    contender('limit: gunzip, SHA-256, write', [process.execPath, LIMIT, 'gunzip', to, ...blobs]),
    contender('forkwright convert --flatten', convert(...plain, '--flatten')),
    contender('forkwright convert --max-layers 50', convert(...plain, '--max-layers', '50')),
  ];
  if (await isOnPath('umoci')) {
    merging.push(contender('umoci unpack (into a folder)', ['umoci', 'unpack', '--image', `${layout}:1`, to]));
  }
  await compare(`${LAYERS} layers with ${FILES} files, layers merged`, merging, ROUNDS);
} finally {
  await rm(folder, { recursive: true, force: true });
}
