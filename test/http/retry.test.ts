import { expect, test } from 'vitest';
import { retry, TransientError } from '../../src/http/retry.ts';
import { readRetryAfter } from '../../src/http/transient.ts';

/** Fails as it is told to, then succeeds; gives the pauses. */
async function run(failures: readonly ConstructorParameters<typeof TransientError>[2][], random = 1) {
  const pauses: number[] = [];
  const left = [...failures];
  const attempt = async () => {
    const details = left.shift();
    if (details !== undefined) throw new TransientError('test.failed', 'it failed', details);
  };
  const sleep = async (ms: number) => void pauses.push(ms);
  await retry(attempt, { random: () => random, sleep }, new AbortController().signal);
  return pauses;
}

test('pauses double, and have full jitter', async () => {
  const five = Array.from({ length: 5 }, () => ({}));
  expect(await run(five)).toEqual([500, 1000, 2000, 4000, 8000]);
  expect(await run(five, 0.5)).toEqual([250, 500, 1000, 2000, 4000]);
});

test('six failures are too many, twelve where the connection was cut', async () => {
  const times = (count: number, details: object) => Array.from({ length: count }, () => details);
  await expect(run(times(6, {}))).rejects.toMatchObject({ code: 'test.failed', message: 'it failed 6 times' });
  expect(await run(times(11, { isCut: true }))).toHaveLength(11);
  await expect(run(times(12, { isCut: true }))).rejects.toMatchObject({ message: 'it failed 12 times' });
});

test('whoever gets further is not counted', async () => {
  expect(await run(Array.from({ length: 50 }, () => ({ hasAdvanced: true })))).toEqual(Array(50).fill(50));
});

test('what the other side asks for is waited for, up to two minutes', async () => {
  expect(await run([{ waitMs: 3000 }, { waitMs: 10 }])).toEqual([3000, 1000]);
  await expect(run([{ waitMs: 120_001 }])).rejects.toMatchObject({
    message: 'it failed and asks for a pause of 121 s',
  });
});

test('what will not pass is thrown at once', async () => {
  const fault = new Error('no');
  const fail = () =>
    retry(
      () => Promise.reject(fault),
      { random: () => 0, sleep: () => Promise.resolve() },
      new AbortController().signal,
    );
  await expect(fail()).rejects.toBe(fault);
});

test.each<readonly [headers: Readonly<Record<string, string>>, waitMs: number | null]>([
  [{}, null],
  [{ 'retry-after': '7' }, 7000],
  [{ 'retry-after': 'Sat, 21 Nov 2026 10:00:30 GMT', date: 'Sat, 21 Nov 2026 10:00:00 GMT' }, 30_000],
  [{ 'retry-after': 'Sat, 21 Nov 2026 09:00:00 GMT', date: 'Sat, 21 Nov 2026 10:00:00 GMT' }, 0],
  [{ 'retry-after': 'soon' }, null],
])('Retry-After of %j', (headers, waitMs) => {
  expect(readRetryAfter((name) => headers[name] ?? null)).toBe(waitMs);
});
