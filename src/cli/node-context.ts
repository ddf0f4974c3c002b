import type { Context, Output } from './context.ts';
import { chooseFetch } from './proxy-fetch.ts';

const EXIT_INTERRUPTED = 130;

/**
 * Makes the context of a real process. The first Ctrl-C (or SIGTERM) aborts the signal, so that commands clean up;
 * the second one ends the process at once. A reader that goes away (`| head`) ends it quietly.
 */
export function createContext(process: NodeJS.Process): Context {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    cwd: process.cwd(),
    env: process.env,
    stdin: () => process.stdin,
    stdout: createOutput(process.stdout, process),
    stderr: createOutput(process.stderr, process),
    signal: controller.signal,
    nowMs: () => performance.now(),
    fetch: chooseFetch(process.env),
    run: async (argv, options) => {
      const { runProgram } = await import('../process/run-program.ts');
      return runProgram(argv, options);
    },
  };
}

function createOutput(stream: NodeJS.WriteStream, process: NodeJS.Process): Output {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    write: (text) => void stream.write(text),
    // The callback comes when the bytes are out: neither are they kept, nor is a slow reader run over.
    writeBytes: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)));
      }),
    get isTerminal() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? 80;
    },
  };
}
