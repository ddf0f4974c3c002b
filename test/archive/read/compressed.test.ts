import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openImageSource } from '../../../src/archive/read/open.ts';
import type { OpenOptions } from '../../../src/archive/read/open-options.ts';
import { ForkwrightError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { runProgram } from '../../../src/process/run-program.ts';
import { chunksOf, fixture, makeFile, makeFolder } from '../../support/archives.ts';
import { hasProgram } from '../../support/has-program.ts';

const ARCHIVE = fixture('docker-20.10-save.tar');

function pack(program: string, bytes: Buffer): Buffer {
  return program === 'gzip' ? gzipSync(bytes) : spawnSync(program, ['-c'], { input: bytes }).stdout;
}

async function failureOf(path: string, options: OpenOptions = {}): Promise<ForkwrightError> {
  return openImageSource(path, '.', options).then(
    () => expect.unreachable('it was opened'),
    (error: ForkwrightError) => error,
  );
}

test.each(['gzip', 'xz', 'zstd', 'bzip2'])('%s around everything, whatever the name', async (program) => {
  if (program !== 'gzip' && !hasProgram(program)) return;
  const temporary = await makeFolder();
  const bytes = await readFile(ARCHIVE);
  const packed = pack(program, bytes);
  const path = await makeFile(packed, 'image.tar');
  const options = { env: { ...process.env, FORKWRIGHT_TMPDIR: temporary }, run: runProgram };
  const source = await openImageSource(path, '.', options);
  expect(source).toMatchObject({ format: 'docker-archive', compression: program, sizeBytes: packed.length });
  // What it was unpacked into has no name.
  expect(await readdir(temporary)).toEqual([]);
  const [first] = source.blobs();
  const chunks = [];
  for await (const chunk of source.stream(first!.digest)) chunks.push(Buffer.from(chunk));
  expect(Buffer.concat(chunks)).toEqual(bytes.subarray(first!.offset!, first!.offset! + first!.sizeBytes));
  await source.close();

  const cut = await makeFile(packed.subarray(0, -20));
  const { code, place } = await failureOf(cut, options);
  expect(place).toBe(cut);
  // Node 22 takes the end of its input for the end of a zstd frame; then it is the tar that is not whole.
  expect(program === 'zstd' ? ['archive.damaged', 'archive.unknown-format'] : ['archive.damaged']).toContain(code);
  const twice = await makeFile(pack(program, packed));
  expect(await failureOf(twice, options)).toMatchObject({
    code: 'archive.unknown-format',
    message: `it is compressed twice, with ${program} and inside of it with ${program}`,
  });
});

test('stdin and pipes are read to their end first', async () => {
  const bytes = gzipSync(await readFile(ARCHIVE));
  const source = await openImageSource('-', '.', { stdin: () => chunksOf(bytes, 1000) });
  expect(source).toMatchObject({ name: '-', format: 'docker-archive', compression: 'gzip', sizeBytes: bytes.length });
  await source.close();
  expect(await failureOf('-')).toMatchObject({ code: 'archive.not-found' });
});

test('a program that is missing', async () => {
  const path = await makeFile(Buffer.from('fd377a585a000004', 'hex'));
  const run = () => Promise.reject(new ForkwrightError('process.not-found', 'the program xz cannot be started'));
  expect(await failureOf(path, { run })).toEqual(
    new ForkwrightError('archive.needs-program', 'it is compressed with xz, and the program xz cannot be started', {
      place: path,
      hint: 'install xz (xz-utils on Debian), or unpack it first',
    }),
  );
});

const LIMITS = { ...DEFAULT_LIMITS, freeBytes: 1024 * 1024, ratio: 1e9 };

test.each(['gzip', 'xz', 'bzip2'])('a bomb of %s', async (program) => {
  if (program !== 'gzip' && !hasProgram(program)) return;
  const path = await makeFile(pack(program, Buffer.alloc(8 * 1024 * 1024)));
  const byRatio = await failureOf(path, { run: runProgram, limits: { ...LIMITS, ratio: 10 } });
  expect(byRatio).toMatchObject({ code: 'archive.bomb', place: path });
  const bySize = await failureOf(path, { run: runProgram, limits: { ...LIMITS, unpackedBytes: 5_000_000 } });
  expect(bySize).toMatchObject({ code: 'archive.bomb', message: 'it unpacks to more than 5000000 bytes' });
});

test('a folder for temporary files that is not there', async () => {
  const path = await makeFile(gzipSync('x'));
  const env = { FORKWRIGHT_TMPDIR: '/no/such/folder' };
  expect(await failureOf(path, { env })).toMatchObject({ code: 'archive.no-room', place: path });
});
