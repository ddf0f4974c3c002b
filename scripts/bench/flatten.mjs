// How long flattening an image of 100,000 files takes, beside the limit (unpack, SHA-256 and write of its layers, by one
// process) and beside what other tools have for it. Numbers are kept in docs/benchmarks.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FORKWRIGHT } from './lib/dist.mjs';
import { writeFileLayout } from './lib/images.mjs';
import { compare, inTurn, isOnPath, measure } from './lib/measure.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const FILES = Number(process.env.FILES ?? 100_000);
const LAYERS = 10;
const FLAT = ['--to', 'oci-archive', '--flatten', '--layer-compression', 'none'];
const LIMIT = fileURLToPath(new URL('lib/limit.mjs', import.meta.url));

const folder = await mkdtemp(join(process.env.BENCH_FOLDER ?? tmpdir(), 'forkwright-bench-'));
try {
  const layout = join(folder, 'layout');
  const blobs = await writeFileLayout(layout, FILES, LAYERS);
  const to = join(folder, 'out');
  const contender = (name, ...commands) => ({
    name,
    run: () => (commands.length === 1 ? measure(commands[0]) : inTurn(commands)),
    clean: () => rm(to, { recursive: true, force: true }),
  });
  const contenders = [
    contender('limit: gunzip, SHA-256, write', [process.execPath, LIMIT, 'gunzip', to, ...blobs]),
    contender('forkwright convert --to rootfs', [...FORKWRIGHT, 'convert', layout, to, '--to', 'rootfs']),
    contender('forkwright convert --flatten', [...FORKWRIGHT, 'convert', layout, to, ...FLAT]),
  ];
  if (await isOnPath('crane')) {
    // crane reads no OCI layout for this, but docker's archives.
    const archive = join(folder, 'docker.tar');
    await measure([...FORKWRIGHT, 'convert', layout, archive, '--to', 'docker-archive', '--name', 'bench:1']);
    contenders.push(contender('crane export', ['sh', '-c', 'exec crane export - "$2" <"$1"', 'sh', archive, to]));
  }
  if (await isOnPath('umoci')) {
    contenders.push(contender('umoci unpack (into a folder)', ['umoci', 'unpack', '--image', `${layout}:1`, to]));
  }
  await compare(`${FILES} files in ${LAYERS} layers, flattened`, contenders, ROUNDS);
} finally {
  await rm(folder, { recursive: true, force: true });
}
