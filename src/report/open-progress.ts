import type { Progress, Task } from './progress.ts';
import { formatDuration } from './duration.ts';
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
const CLEAR_LINE = '\u001b[2K';
const LINE_UP = '\u001b[1A';
const BAR_CELLS = 20;

const SILENT_TASK: Task = { advance: () => undefined, done: () => undefined, fail: () => undefined };
const SILENT: Progress = { task: () => SILENT_TASK, note: () => undefined, close: () => undefined };

/** Opens what fits the output: live lines on a terminal, a line at the end of each task elsewhere, nothing when quiet. */
export function openProgress(output: ProgressOutput, options: ProgressOptions): Progress {
  if (options.isQuiet) return SILENT;
  return output.isTerminal ? openLive(output, options.nowMs) : openPlain(output, options.nowMs);
}

function openPlain(output: ProgressOutput, nowMs: () => number): Progress {
  return {
    task(label) {
      const start = nowMs();
      const end = (text: string) => output.write(`${label}: ${text} (${formatDuration(nowMs() - start)})\n`);
      return { advance: () => undefined, done: end, fail: end };
    },
    note: (text) => output.write(`${text}\n`),
    close: () => undefined,
  };
}

interface Running {
  readonly label: string;
  readonly totalBytes: number | null;
  readonly startMs: number;
  bytes: number;
}

/** Running tasks are at the bottom and are drawn over; what has ended scrolls up as a plain line. */
function openLive(output: ProgressOutput, nowMs: () => number): Progress {
  const running = new Set<Running>();
  let drawnLines = 0;
  let timer: NodeJS.Timeout | null = null;

  const erase = () => `\r${CLEAR_LINE}${`${LINE_UP}${CLEAR_LINE}`.repeat(drawnLines)}`;
  const draw = (above: string) => {
    const lines = [...running].map((each) => `${fit(describe(each, nowMs()), output.columns)}\n`);
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
      const own: Running = { label, totalBytes, startMs: nowMs(), bytes: 0 };
      running.add(own);
      draw('');
      schedule();
      const end = (mark: string) => (text: string) => {
        running.delete(own);
        if (running.size === 0) stop();
        draw(`${fit(`${mark} ${label}: ${text} (${formatDuration(nowMs() - own.startMs)})`, output.columns)}\n`);
      };
      return {
        advance: (bytes) => {
          own.bytes += bytes;
        },
        done: end('✓'),
        fail: end('✗'),
      };
    },
    note: (text) => draw(`${text}\n`),
    close: () => {
      stop();
      running.clear();
      draw('');
    },
  };
}

function describe({ label, totalBytes, startMs, bytes }: Running, now: number): string {
  const elapsedMs = now - startMs;
  if (bytes === 0) return `  ${label}  ${formatDuration(elapsedMs)}`;
  const rate = elapsedMs < 1000 ? '' : `  ${formatSize(Math.round((bytes * 1000) / elapsedMs))}/s`;
  if (totalBytes === null || totalBytes === 0) return `  ${label}  ${formatSize(bytes)}${rate}`;
  const share = Math.min(1, bytes / totalBytes);
  const cells = Math.round(share * BAR_CELLS);
  const bar = `${'█'.repeat(cells)}${'░'.repeat(BAR_CELLS - cells)}`;
  return `  ${label}  ${bar} ${Math.floor(share * 100)} %  ${formatSize(bytes)} of ${formatSize(totalBytes)}${rate}`;
}

/** A line that wraps could not be drawn over. */
function fit(line: string, columns: number): string {
  const characters = [...line];
  return characters.length < columns ? line : `${characters.slice(0, Math.max(1, columns - 2)).join('')}…`;
}
