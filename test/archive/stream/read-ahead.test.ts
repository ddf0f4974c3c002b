import { expect, test } from 'vitest';
import { readAhead } from '../../../src/archive/stream/read-ahead.ts';

/** A source that writes over its chunk before the next one, as it may, and says how far it was read. */
function source(count: number, failAt = Infinity) {
  const seen = { given: 0, isClosed: false };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const chunk = Buffer.alloc(4);
    try {
      for (let index = 0; index < count; index++) {
        if (index === failAt) throw new Error('broken');
        chunk.writeUInt32BE(index);
        seen.given++;
        yield chunk;
        chunk.fill(0xff);
      }
    } finally {
      seen.isClosed = true;
    }
  }
  return { seen, chunks: chunks() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('gives every chunk as it was, however slow it is asked', async () => {
  const { chunks, seen } = source(20);
  const ahead = readAhead(chunks, 3);
  const found: number[] = [];
  for (let next = await ahead.next(); next !== null; next = await ahead.next()) {
    if (found.length % 3 === 0) await turn();
    found.push(Buffer.from(next).readUInt32BE());
  }
  await ahead.close();
  expect(found).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(seen.isClosed).toBe(true);
});

test('reads no further ahead than it may', async () => {
  const { chunks, seen } = source(20);
  const ahead = readAhead(chunks, 3);
  await turn();
  expect(seen.given).toBe(3);
  await ahead.next();
  await turn();
  expect(seen.given).toBe(4);
  await ahead.close();
  expect(seen).toEqual({ given: 4, isClosed: true });
});

test('what the source throws comes behind the chunks before it', async () => {
  const { chunks } = source(20, 2);
  const ahead = readAhead(chunks, 3);
  expect(await ahead.next()).not.toBeNull();
  expect(await ahead.next()).not.toBeNull();
  await expect(ahead.next()).rejects.toThrow('broken');
  await ahead.close();
});
