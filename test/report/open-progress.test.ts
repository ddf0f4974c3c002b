import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openProgress } from '../../src/report/open-progress.ts';

// What a terminal takes one by one. Built from a text: a pattern may hold no control characters.
const PIECES = new RegExp(['\u001b\\[2K', '\u001b\\[1A', '\r', '\n', '[^\u001b\r\n]+'].join('|'), 'g');

let clockMs = 0;
const nowMs = () => clockMs;

beforeEach(() => {
  clockMs = 0;
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** An output that keeps what was written, and shows the lines that a terminal would show. */
function makeOutput(isTerminal: boolean, columns = 80) {
  const written: string[] = [];
  return { isTerminal, columns, written, write: (text: string) => void written.push(text), screen };

  function screen(): readonly string[] {
    const lines = [''];
    let row = 0;
    for (const [part] of written.join('').matchAll(PIECES)) {
      if (part === '\n') row++;
      else if (part === '\u001b[1A') row--;
      else if (part === '\u001b[2K') lines[row] = '';
      else if (part !== '\r') lines[row] += part;
      lines[row] ??= '';
    }
    return lines.slice(0, row);
  }
}

test('nothing is said when it is to be quiet', () => {
  const output = makeOutput(true);
  const progress = openProgress(output, { isQuiet: true, nowMs });
  const task = progress.task('work', 10);
  task.advance(5);
  task.done('done');
  progress.note('note');
  progress.close();
  expect(output.written).toEqual([]);
});

test('without a terminal: a line at the end of each task, and the notes', () => {
  const output = makeOutput(false);
  const progress = openProgress(output, { isQuiet: false, nowMs });
  const good = progress.task('downloading a', 2048);
  const bad = progress.task('downloading b', null);
  good.advance(2048);
  progress.note('by the way');
  clockMs = 400;
  good.done('2.0 KiB');
  clockMs = 75_000;
  bad.fail('not downloaded');
  progress.close();
  expect(output.written).toEqual([
    'by the way\n',
    'downloading a: 2.0 KiB (0.4 s)\n',
    'downloading b: not downloaded (75 s)\n',
  ]);
});

test('without a terminal: a long task says every ten seconds how far it is', () => {
  const output = makeOutput(false);
  const task = openProgress(output, { isQuiet: false, nowMs }).task('downloading a', 100 * 1024);
  for (; clockMs <= 25_000; clockMs += 1000) task.advance(1024);
  expect(output.written).toEqual([
    'downloading a: 11.0 KiB of 100.0 KiB  1.1 KiB/s  81 s left\n',
    'downloading a: 21.0 KiB of 100.0 KiB  1.0 KiB/s  76 s left\n',
  ]);
});

test('on a terminal: running tasks stay at the bottom, ended ones and notes scroll up', () => {
  const output = makeOutput(true);
  const progress = openProgress(output, { isQuiet: false, nowMs });
  const a = progress.task('a', 4096);
  const b = progress.task('b', null);
  a.advance(1024);
  b.advance(10);
  clockMs = 2000;
  vi.advanceTimersByTime(100);
  expect(output.screen()).toEqual([
    '  a  █████░░░░░░░░░░░░░░░ 25 %  1.0 KiB of 4.0 KiB  512 B/s  6 s left',
    '  b  10 B  5 B/s',
  ]);
  progress.note('by the way');
  a.done('4.0 KiB');
  expect(output.screen()).toEqual(['by the way', '✓ a: 4.0 KiB (2.0 s)', '  b  10 B  5 B/s']);
  b.fail('not made');
  progress.close();
  expect(output.screen()).toEqual(['by the way', '✓ a: 4.0 KiB (2.0 s)', '✗ b: not made (2.0 s)']);
});

test('on a terminal: however much happens, it is drawn ten times a second', () => {
  const output = makeOutput(true);
  const progress = openProgress(output, { isQuiet: false, nowMs });
  const task = progress.task('a', null);
  for (let index = 0; index < 1000; index++) {
    task.advance(1);
    clockMs += 1;
    vi.advanceTimersByTime(1);
  }
  expect(output.written).toHaveLength(1 + 10);
  task.done('all');
  const count = output.written.length;
  vi.advanceTimersByTime(5000);
  expect(output.written).toHaveLength(count);
});

test('on a terminal: what is still running is gone from the screen after close', () => {
  const output = makeOutput(true);
  const progress = openProgress(output, { isQuiet: false, nowMs });
  progress.task('a', null);
  progress.task('b', null);
  progress.close();
  expect(output.screen()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('on a terminal: a running line is cut so that it never wraps, an ended one is shown whole', () => {
  const output = makeOutput(true, 12);
  const progress = openProgress(output, { isQuiet: false, nowMs });
  const task = progress.task('a very long label', null);
  expect(output.screen()).toEqual(['  a very l…']);
  task.done('done');
  expect(output.screen()).toEqual(['✓ a very long label: done (0.0 s)']);
});

test('on a terminal: of many tasks only some have a line', () => {
  const output = makeOutput(true);
  const progress = openProgress(output, { isQuiet: false, nowMs });
  for (let index = 0; index < 20; index++) progress.task(`task ${index}`, null);
  expect(output.screen()).toHaveLength(13);
  expect(output.screen().at(-1)).toBe('  and 8 more');
});

test('more bytes than there should be do not make the bar longer', () => {
  const output = makeOutput(true);
  const progress = openProgress(output, { isQuiet: false, nowMs });
  progress.task('a', 10).advance(25);
  vi.advanceTimersByTime(100);
  expect(output.screen()).toEqual([`  a  ${'█'.repeat(20)} 100 %  25 B of 10 B`]);
});

test.each([true, false])('labels and notes cannot reach the terminal (isTerminal: %s)', (isTerminal) => {
  const output = makeOutput(isTerminal, 200);
  const progress = openProgress(output, { isQuiet: false, nowMs });
  progress.note('x\u001b[31m');
  progress.task('y\u0007', null).done('z\u001b[0m');
  progress.close();
  expect(output.screen().map((line) => line.replace('✓ ', ''))).toEqual([
    'x\\u001b[31m',
    'y\\u0007: z\\u001b[0m (0.0 s)',
  ]);
});

test('a size that is known late gives a bar; what was there before counts, but not for the rate', () => {
  const output = makeOutput(true);
  const progress = openProgress(output, { isQuiet: false, nowMs });
  const task = progress.task('downloading a', null);
  task.startAt(1024, 4096);
  task.advance(1024);
  clockMs = 2000;
  vi.advanceTimersByTime(200);
  expect(output.screen()).toEqual(['  downloading a  50 %  2.0 KiB of 4.0 KiB  512 B/s  4 s left']);
  task.startAt(0, 4096);
  task.advance(1024);
  vi.advanceTimersByTime(200);
  expect(output.screen()).toEqual(['  downloading a  25 %  1.0 KiB of 4.0 KiB  512 B/s  6 s left']);
  progress.close();
});

test('a line that is too long for the terminal loses its bar, then the end of its name', () => {
  const output = makeOutput(true, 70);
  const task = openProgress(output, { isQuiet: false, nowMs }).task(
    `pushing ${'long-'.repeat(8)}name.tar`,
    1000 * 1024,
  );
  task.advance(10 * 1024);
  clockMs = 2000;
  vi.advanceTimersByTime(100);
  expect(output.screen()).toEqual(['  pushing long-l…  1 %  10.0 KiB of 1000.0 KiB  5.0 KiB/s  3 min left']);
});
