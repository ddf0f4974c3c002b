import type { Invocation } from '../../src/cli/command.ts';
import { createStyle } from '../../src/report/style.ts';

async function* emptyInput(): AsyncGenerator<Uint8Array> {}

/** A invocation of a command in a folder: no colour, no progress, no network, no programs. */
export function makeInvocation(cwd: string, more: Partial<Invocation> = {}): Invocation {
  const silent = { write: () => undefined, writeBytes: () => Promise.resolve(), isTerminal: false, columns: 80 };
  const task = {
    startAt: () => undefined,
    advance: () => undefined,
    step: () => undefined,
    done: () => undefined,
    fail: () => undefined,
  };
  return {
    cwd,
    root: cwd,
    env: {},
    stdin: () => emptyInput(),
    stdout: silent,
    stderr: silent,
    signal: new AbortController().signal,
    nowMs: () => 0,
    fetch: () => Promise.reject(new Error('no network in this test')),
    run: () => Promise.reject(new Error('no programs in this test')),
    progress: { task: () => task, note: () => undefined, close: () => undefined },
    registries: { isInsecure: false, caFile: null },
    style: createStyle(false),
    ...more,
  };
}
