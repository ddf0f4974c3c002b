import { expect, test } from 'vitest';
import { createHostLimit } from '../../src/upstream/host-limit.ts';

test('so many pieces of work of one host go on at a time, in order, and other hosts do not wait', async () => {
  const limit = createHostLimit(2);
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  const ended: string[] = [];
  const ends: (() => void)[] = [];
  const work = (host: string, name: string) =>
    limit(host, async () => {
      running.set(host, (running.get(host) ?? 0) + 1);
      most.set(host, Math.max(most.get(host) ?? 0, running.get(host) ?? 0));
      await new Promise<void>((resolve) => ends.push(resolve));
      running.set(host, (running.get(host) ?? 0) - 1);
      ended.push(name);
      if (name === 'a2') throw new Error('a failure frees the place too');
    });
  const all = Promise.allSettled([
    ...['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => work('a', name)),
    ...['b1', 'b2', 'b3'].map((name) => work('b', name)),
  ]);
  await Promise.resolve();
  expect([running.get('a'), running.get('b')]).toEqual([2, 2]);
  while (ended.length < 8) {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await all).filter(({ status }) => status === 'rejected')).toHaveLength(1);
  expect(Object.fromEntries(most)).toEqual({ a: 2, b: 2 });
  expect(ended.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
});
