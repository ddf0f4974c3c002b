import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { gzipPortably } from '../../../src/archive/stream/portable-gzip.ts';

/** Bytes that are the same everywhere and compress about as well as a program does. */
function sampleBytes(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  let state = 12345;
  for (let index = 0; index < sizeBytes; index++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[index] = (state >>> 16) & (index % 7 === 0 ? 0xff : 0x0f);
  }
  return bytes;
}

async function* cut(bytes: Buffer, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

test('the compressed bytes are these, on every Node and however the input is cut', async () => {
  const bytes = sampleBytes(300_000);
  for (const chunkBytes of [1_000, 65_536, 300_000]) {
    const compressed = await collect(gzipPortably(cut(bytes, chunkBytes)));
    expect(gunzipSync(compressed).equals(bytes)).toBe(true);
    // A change here changes the digests of every image that the native builder makes.
    expect(createHash('sha256').update(compressed).digest('hex')).toBe(
      '3ca84a9eb7e2e5f88d11674007e4563e34bcf9beb7283af011c419518d42bd42',
    );
  }
});

test('more input than the queue holds comes through whole', async () => {
  const bytes = sampleBytes(5_000_000);
  expect(gunzipSync(await collect(gzipPortably(cut(bytes, 65_536)))).equals(bytes)).toBe(true);
});

test('no input is a valid empty gzip stream', async () => {
  expect(gunzipSync(await collect(gzipPortably(cut(Buffer.alloc(0), 1)))).length).toBe(0);
});

test('an error of the input ends the output with that error', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(100_000);
    throw new Error('the disk is gone');
  }
  await expect(collect(gzipPortably(failing()))).rejects.toThrow('the disk is gone');
});
