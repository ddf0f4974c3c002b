// How long converting takes beside the limit of the machine (read, SHA-256 and write of the bytes, by one process as well) and
// beside skopeo where it is on PATH. Run `npm run build` first: it is dist/ that is measured. The archives are made here:
// 6 platforms of about 200 MB each, a third of which they share. Numbers are kept in docs/benchmarks.md.
import { spawn } from 'node:child_process';
import { createHash, createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = process.env.FORKWRIGHT_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url));
const { encodeHeader, END_OF_ARCHIVE, padding } = await import(join(DIST, 'tar/write-header.js'));

const PLATFORMS = ['amd64', 'arm64', 'ppc64le', 's390x', 'riscv64', 'loong64'];
const MEBIBYTE = 1024 * 1024;
const SHARED_MEBIBYTES = 67;
const OWN_MEBIBYTES = 133;
const ROUNDS = 3;

const LIMIT = `
const { createHash } = require('node:crypto');
const { open } = require('node:fs/promises');
(async () => {
  const [from, to] = [await open(process.argv[1]), await open(process.argv[2], 'w')];
  const buffers = [Buffer.alloc(1048576), Buffer.alloc(1048576)];
  const hash = createHash('sha256');
  let reading = from.read(buffers[0], 0, 1048576, null);
  for (let turn = 0; ; turn++) {
    const { bytesRead } = await reading;
    if (bytesRead === 0) break;
    const chunk = buffers[turn % 2].subarray(0, bytesRead);
    reading = from.read(buffers[(turn + 1) % 2], 0, 1048576, null);
    const writing = to.write(chunk);
    hash.update(chunk);
    await writing;
  }
  await to.sync();
})();`;

/** A layer of one file of noise, the same each time, in pieces of 1 MiB. */
function* layerOf(seed, mebibytes) {
  const noise = createCipheriv('aes-128-ctr', createHash('md5').update(seed).digest(), Buffer.alloc(16));
  const zeros = Buffer.alloc(MEBIBYTE);
  yield encodeHeader({ name: `${seed}.bin`, type: 'file', mode: 0o644, sizeBytes: mebibytes * MEBIBYTE });
  for (let piece = 0; piece < mebibytes; piece++) yield noise.update(zeros);
  yield END_OF_ARCHIVE;
}

function measureLayer(seed, mebibytes) {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for (const piece of layerOf(seed, mebibytes)) {
    hash.update(piece);
    sizeBytes += piece.length;
  }
  return { seed, mebibytes, sizeBytes, hex: hash.digest('hex') };
}

/** A docker archive of one platform, layers uncompressed. */
async function makeArchive(path, architecture, shared) {
  const layers = [shared, measureLayer(architecture, OWN_MEBIBYTES)];
  const diffIds = layers.map(({ hex }) => `sha256:${hex}`);
  const config = Buffer.from(
    JSON.stringify({ architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: diffIds } }),
  );
  const configName = `${createHash('sha256').update(config).digest('hex')}.json`;
  const manifest = Buffer.from(
    JSON.stringify([{ Config: configName, RepoTags: ['bench:1'], Layers: layers.map(({ hex }) => `${hex}.tar`) }]),
  );
  const stream = createWriteStream(path);
  const write = async (bytes) => {
    if (!stream.write(bytes)) await once(stream, 'drain');
  };
  const writeFile = async (name, sizeBytes, pieces) => {
    await write(encodeHeader({ name, type: 'file', mode: 0o644, sizeBytes }));
    for (const piece of pieces) await write(Buffer.from(piece));
    await write(padding(sizeBytes));
  };
  for (const { seed, mebibytes, sizeBytes, hex } of layers) {
    await writeFile(`${hex}.tar`, sizeBytes, layerOf(seed, mebibytes));
  }
  await writeFile(configName, config.length, [config]);
  await writeFile('manifest.json', manifest.length, [manifest]);
  await write(END_OF_ARCHIVE);
  stream.end();
  await once(stream, 'close');
}

/** Seconds, and the largest resident set in MiB where /proc tells it. */
async function measure(argv) {
  const start = performance.now();
  const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (piece) => (stderr += piece));
  let peakMebibytes = 0;
  const watch = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peakMebibytes = Math.max(peakMebibytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }, 50);
  const [code] = await Promise.race([once(child, 'close'), once(child, 'error').then(() => [127])]);
  clearInterval(watch);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr}`);
  return { seconds: (performance.now() - start) / 1000, peakMebibytes };
}

async function isOnPath(program) {
  return measure([program, '--version']).then(
    () => true,
    () => false,
  );
}

const folder = await mkdtemp(join(process.env.BENCH_FOLDER ?? tmpdir(), 'forkwright-bench-'));
try {
  const shared = measureLayer('shared', SHARED_MEBIBYTES);
  const archives = PLATFORMS.map((architecture) => join(folder, `${architecture}.tar`));
  for (const [index, architecture] of PLATFORMS.entries()) await makeArchive(archives[index], architecture, shared);
  const { size } = await stat(archives[0]);
  console.log(
    `${archives.length} docker archives of ${(size / 1e6).toFixed(0)} MB to OCI archives, one after the other`,
  );

  const main = join(dirname(join(DIST, 'x')), 'main.js');
  const contenders = [
    ['limit: read, SHA-256, write', (from, to) => [process.execPath, '-e', LIMIT, from, to]],
    [
      'forkwright convert',
      (from, to) => [process.execPath, main, '--quiet', 'convert', from, to, '--to', 'oci-archive'],
    ],
  ];
  if (await isOnPath('skopeo')) {
    const copy = ['skopeo', 'copy', '--quiet', '--insecure-policy', '--dest-oci-accept-uncompressed-layers'];
    contenders.push([
      'skopeo copy',
      (from, to) => [
        ...copy,
        '--override-arch',
        from.slice(folder.length + 1, -4),
        `docker-archive:${from}`,
        `oci-archive:${to}`,
      ],
    ]);
  }
  const rows = contenders.map(([name]) => ({ name, rounds: [], peak: 0 }));
  for (let round = 0; round < ROUNDS; round++) {
    // In turns, so that a slow minute of the machine is everybody's.
    for (const [index, [, argvOf]] of contenders.entries()) {
      let seconds = 0;
      for (const from of archives) {
        const to = join(folder, 'out.tar');
        await rm(to, { force: true });
        const measured = await measure(argvOf(from, to));
        seconds += measured.seconds;
        rows[index].peak = Math.max(rows[index].peak, measured.peakMebibytes);
      }
      rows[index].rounds.push(seconds);
    }
  }
  const median = ({ rounds }) => rounds.toSorted((a, b) => a - b)[Math.floor(rounds.length / 2)];
  for (const row of rows) {
    const ratio = (median(row) / median(rows[0])).toFixed(2);
    const seconds = row.rounds.map((each) => each.toFixed(2)).join(', ');
    console.log(`${row.name.padEnd(30)} ${seconds} s   ${ratio} times the limit   peak ${row.peak.toFixed(0)} MiB`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
