import { expect, test } from 'vitest';
import { writeBehind } from '../../../src/archive/stream/write-behind.ts';

const LONG = Buffer.alloc(2_500_000, 'neither one chunk nor two');

test('all bytes arrive in order, one write at a time, although the chunks change at once', async () => {
  const written: Buffer[] = [];
  let underWay = 0;
  const sink = writeBehind({
    async append(bytes) {
      expect(++underWay).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      written.push(Buffer.from(bytes));
      underWay--;
    },
  });
  const chunk = Buffer.alloc(3);
  for (const text of ['abc', 'def', 'ghi']) {
    chunk.write(text);
    await sink.append(chunk);
    chunk.fill(0);
  }
  await sink.append(LONG);
  await sink.finish();
  expect(Buffer.concat(written).equals(Buffer.concat([Buffer.from('abcdefghi'), LONG]))).toBe(true);
});

test('a write that fails is told of by the next call, or by the end', async () => {
  const failing = () => writeBehind({ append: () => Promise.reject(new Error('no room')) });
  const sink = failing();
  await sink.append(Buffer.from('a'));
  await expect(sink.append(Buffer.from('b'))).rejects.toThrow('no room');
  const last = failing();
  await last.append(Buffer.from('a'));
  await expect(last.finish()).rejects.toThrow('no room');
});
