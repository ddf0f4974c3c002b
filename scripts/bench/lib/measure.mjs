// Runs commands and says what they take. Everything that is compared runs in turns in one run: a slow minute of the
// machine is then everybody's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

/** Seconds, and the largest resident set of the process itself in MiB where /proc tells it. */
export async function measure(argv, options = {}) {
  const start = performance.now();
  const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'ignore', 'pipe'], ...options });
  let stderr = '';
  child.stderr.on('data', (piece) => (stderr += piece));
  let peakMebibytes = 0;
  const watch = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peakMebibytes = Math.max(peakMebibytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }, 20);
  // A program that cannot be started has an error, and would leave the watch behind.
  const [code] = await once(child, 'close').finally(() => clearInterval(watch));
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr}`);
  return { seconds: (performance.now() - start) / 1000, peakMebibytes };
}

/** Whether a program can be started. */
export async function isOnPath(program) {
  return measure([program, '--version'])
    .catch(() => measure([program, 'version']))
    .then(
      () => true,
      () => false,
    );
}

/**
 * Runs contenders in turns and prints a line for each; the first one is the limit that the others are held against. A
 * contender is { name, run(): Promise<{ seconds, peakMebibytes }>, clean?() }.
 */
export async function compare(title, contenders, rounds) {
  const rows = contenders.map(({ name }) => ({ name, seconds: [], peak: 0 }));
  for (let round = 0; round < rounds; round++) {
    for (const [index, { run, clean }] of contenders.entries()) {
      const { seconds, peakMebibytes } = await run();
      rows[index].seconds.push(seconds);
      rows[index].peak = Math.max(rows[index].peak, peakMebibytes);
      await clean?.();
    }
  }
  printRows(title, rows);
}

/** Prints a line for each { name, seconds: number[], peak }; the first one is the limit. */
export function printRows(title, rows) {
  console.log(title);
  const limit = median(rows[0].seconds);
  for (const { name, seconds, peak } of rows) {
    const all = seconds.map((each) => each.toFixed(2)).join(', ');
    const ratio = (median(seconds) / limit).toFixed(2);
    console.log(`  ${name.padEnd(42)} ${all} s   ${ratio} times the limit   peak ${peak.toFixed(0)} MiB`);
  }
}

/** Runs commands one after another as one contender. */
export async function inTurn(commands) {
  const total = { seconds: 0, peakMebibytes: 0 };
  for (const argv of commands) {
    const { seconds, peakMebibytes } = await measure(argv);
    total.seconds += seconds;
    total.peakMebibytes = Math.max(total.peakMebibytes, peakMebibytes);
  }
  return total;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
