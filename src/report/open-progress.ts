import type { Progress, Task } from './progress.ts';
import { formatDuration, formatTimeLeft } from './duration.ts';
import { printable } from './printable.ts';
import { formatSize } from './size.ts';

/** Where progress is written. */
export interface ProgressOutput {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly columns: number;
}

export interface ProgressOptions {
  readonly isQuiet: boolean;
  readonly nowMs: () => number;
}

const REDRAW_MS = 100;
const PLAIN_MS = 10_000;
/** In a log of CI; what a step runs can be long. */
const MAX_STEP_COLUMNS = 120;
const CLEAR_LINE = '\u001b[2K';
const LINE_UP = '\u001b[1A';
const BAR_CELLS = 20;
// What has scrolled off the screen cannot be drawn over, so a screen must hold them all.
const MAX_LIVE_LINES = 12;

const nothing = () => undefined;
const SILENT_TASK: Task = { startAt: nothing, advance: nothing, step: nothing, done: nothing, fail: nothing };
const SILENT: Progress = { task: () => SILENT_TASK, note: nothing, close: nothing };

/**
 * Opens what fits the output: live lines on a terminal, plain lines elsewhere, nothing when quiet. A live display does not
 * keep the process alive; to end it in good order, call `close`.
 */
export function openProgress(output: ProgressOutput, options: ProgressOptions): Progress {
  if (options.isQuiet) return SILENT;
  return output.isTerminal ? openLive(output, options.nowMs) : openPlain(output, options.nowMs);
}

interface Running {
  readonly label: string;
  readonly startMs: number;
  totalBytes: number | null;
  bytes: number;
  /** Of these, what was there before: it says nothing about the rate. */
  oldBytes: number;
  /** What it is at, and since when; null for a task without steps. */
  step: { readonly text: string; readonly startMs: number } | null;
}

function startTask(label: string, totalBytes: number | null, startMs: number): Running {
  return { label: printable(label), startMs, totalBytes, bytes: 0, oldBytes: 0, step: null };
}

function restart(task: Running, doneBytes: number, totalBytes: number | null): void {
  task.bytes = doneBytes;
  task.oldBytes = doneBytes;
  task.totalBytes = totalBytes;
}

/** A line at the end of each task, and one every ten seconds while its bytes go through: logs of CI look dead otherwise. */
function openPlain(output: ProgressOutput, nowMs: () => number): Progress {
  return {
    task(label, totalBytes) {
      const own = startTask(label, totalBytes, nowMs());
      let shownMs = own.startMs;
      const steps = new Set<string>();
      const end = (text: string) => output.write(`${describeEnd(own, text, nowMs())}\n`);
      return {
        startAt: (doneBytes, total) => restart(own, doneBytes, total),
        advance: (bytes) => {
          own.bytes += bytes;
          if (nowMs() - shownMs < PLAIN_MS) return;
          shownMs = nowMs();
          output.write(`${own.label}: ${describeBytes(own, shownMs)}\n`);
        },
        // Steps that run side by side take turns.
        step: (text) => {
          if (!steps.has(text)) output.write(`${fit(`${own.label}: ${printable(text)}`, MAX_STEP_COLUMNS)}\n`);
          steps.add(text);
        },
        done: end,
        fail: end,
      };
    },
    note: (text) => output.write(`${printable(text)}\n`),
    close: () => undefined,
  };
}

/** Running tasks are at the bottom and are drawn over; what has ended scrolls up as a plain line. */
function openLive(output: ProgressOutput, nowMs: () => number): Progress {
  const running = new Set<Running>();
  let drawnLines = 0;
  let timer: NodeJS.Timeout | null = null;

  const erase = () => `\r${CLEAR_LINE}${`${LINE_UP}${CLEAR_LINE}`.repeat(drawnLines)}`;
  const draw = (above: string) => {
    const shown = [...running].slice(0, MAX_LIVE_LINES).map((each) => describeLive(each, nowMs(), output.columns));
    if (running.size > shown.length) shown.push(`  and ${running.size - shown.length} more`);
    const lines = shown.map((line) => `${fit(line, output.columns)}\n`);
    output.write(`${drawnLines === 0 ? '' : erase()}${above}${lines.join('')}`);
    drawnLines = lines.length;
  };
  const schedule = () => {
    timer ??= setInterval(() => draw(''), REDRAW_MS).unref();
  };
  const stop = () => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  return {
    task(label, totalBytes) {
      const own = startTask(label, totalBytes, nowMs());
      running.add(own);
      draw('');
      schedule();
      const end = (mark: string) => (text: string) => {
        running.delete(own);
        if (running.size === 0) stop();
        draw(`${mark} ${describeEnd(own, text, nowMs())}\n`);
      };
      return {
        startAt: (doneBytes, total) => restart(own, doneBytes, total),
        advance: (bytes) => {
          own.bytes += bytes;
        },
        step: (text) => {
          own.step = { text: printable(text), startMs: nowMs() };
        },
        done: end('✓'),
        fail: end('✗'),
      };
    },
    note: (text) => draw(`${printable(text)}\n`),
    close: () => {
      stop();
      running.clear();
      draw('');
    },
  };
}

function describeEnd({ label, startMs }: Running, text: string, now: number): string {
  return `${label}: ${printable(text)} (${formatDuration(now - startMs)})`;
}

function describeLive(task: Running, now: number, columns: number): string {
  const { label, totalBytes, startMs, bytes, step } = task;
  if (step !== null) {
    // The seconds tell that something goes on, so it is the step that is cut.
    const seconds = `  ${formatDuration(now - step.startMs)}`;
    return `${fit(`  ${label}  ${step.text}`, columns - seconds.length)}${seconds}`;
  }
  if (bytes === 0) return `  ${label}  ${formatDuration(now - startMs)}`;
  if (totalBytes === null || totalBytes === 0) return `  ${label}  ${describeBytes(task, now)}`;
  const share = Math.min(1, bytes / totalBytes);
  const cells = Math.round(share * BAR_CELLS);
  const bar = `${'█'.repeat(cells)}${'░'.repeat(BAR_CELLS - cells)}`;
  const tail = `${Math.floor(share * 100)} %  ${describeBytes(task, now)}`;
  const line = `  ${label}  ${bar} ${tail}`;
  if ([...line].length < columns) return line;
  // The numbers matter more than the bar, and than the end of a long name.
  return `  ${fit(label, Math.max(columns - tail.length - 4, 10))}  ${tail}`;
}

/** `4.3 MiB of 12.0 MiB  2.1 MiB/s  4 s left`; no rate in the first second, which says little. */
function describeBytes({ totalBytes, startMs, bytes, oldBytes }: Running, now: number): string {
  const elapsedMs = now - startMs;
  const total = totalBytes === null ? '' : ` of ${formatSize(totalBytes)}`;
  const newBytes = Math.max(bytes - oldBytes, 0);
  const rate = elapsedMs < 1000 ? '' : `  ${formatSize(Math.round((newBytes * 1000) / elapsedMs))}/s`;
  const restBytes = (totalBytes ?? 0) - bytes;
  const isKnown = rate !== '' && newBytes > 0 && restBytes > 0;
  const left = isKnown ? `  ${formatTimeLeft((restBytes * elapsedMs) / newBytes)}` : '';
  return `${formatSize(Math.max(bytes, 0))}${total}${rate}${left}`;
}

/** A line that wraps could not be drawn over. */
function fit(line: string, columns: number): string {
  const characters = [...line];
  return characters.length < columns ? line : `${characters.slice(0, Math.max(1, columns - 2)).join('')}…`;
}
