import { expect, test } from 'vitest';
import { freeChunk } from '../../../src/archive/stream/free-chunk.ts';

test('the end of a buffer takes the buffer along, again and again', async () => {
  for (let round = 0; round < 3; round++) {
    const whole = new Uint8Array(1024);
    freeChunk(whole.subarray(1000));
    expect(whole.length).toBe(0);
    expect(whole.buffer.byteLength).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test('a buffer that has room is kept, and so is memory that is shared', () => {
  const whole = new Uint8Array(1024).fill(7);
  freeChunk(whole.subarray(0, 1023));
  expect(whole[1023]).toBe(7);
  const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(7);
  freeChunk(shared);
  expect(shared[7]).toBe(7);
});
