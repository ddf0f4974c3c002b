import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ForkwrightError } from '../../src/errors.ts';
import { obtainSource } from '../../src/source/obtain.ts';
import { writeSource } from '../../src/source/write.ts';
import { makePlace, upstreamOf } from './repository.ts';

test('a git that is killed in the middle leaves a cache and an output that the next run takes', async () => {
  const place = await makePlace();
  const files = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, `${index}\n`.repeat(500)]));
  const commit = await place.commit(files);
  const upstream = upstreamOf(place.url, commit);
  const output = join(place.root, 'source');
  // What the git command does is cut off after a moment, wherever it is then; its children get the signal too.
  const killing = (command: string, ms: number): typeof place.deps => ({
    ...place.deps,
    run: async (argv, options) => {
      if (!argv.includes(command)) return place.deps.run(argv, options);
      const [file, ...args] = argv;
      const child = spawn(file, args, { cwd: options.cwd, env: { ...options.env }, detached: true, stdio: 'ignore' });
      const ended = once(child, 'exit');
      await Promise.race([ended, sleep(ms)]);
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await ended;
      throw new ForkwrightError('process.failed', `git ${command} was killed`);
    },
  });
  for (const ms of [1, 4, 8, 16]) {
    await expect(obtainSource(upstream, [], killing('fetch', ms))).rejects.toMatchObject({
      code: 'source.fetch-failed',
    });
  }
  const source = await obtainSource(upstream, [], place.deps);
  expect(source.tree).toBe(place.git('rev-parse', 'HEAD^{tree}'));
  await expect(writeSource(source, output, killing('checkout-index', 3))).rejects.toMatchObject({
    code: 'source.cannot-check-out',
  });
  expect(await writeSource(source, output, place.deps)).toEqual([]);
  expect(await readdir(output)).toHaveLength(200);
  expect(await readFile(join(output, 'f7'), 'utf8')).toBe(files['f7']);
  await writeFile(join(output, 'f7'), 'changed');
  await writeSource(source, output, place.deps);
  expect(await readFile(join(output, 'f7'), 'utf8')).toBe(files['f7']);
  await place.remove();
});
