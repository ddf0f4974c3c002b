import { explainWriteError } from '../archive/write/write-error.ts';
import type { Finding } from '../finding.ts';
import { formatFindings } from '../report/findings.ts';
import { createStyle } from '../report/style.ts';
import type { Context, Output } from './context.ts';
import { chooseFetch } from './proxy-fetch.ts';

const EXIT_FAILED = 2;
const EXIT_INTERRUPTED = 130;

/**
 * Makes the context of a real process. The first Ctrl-C (or SIGTERM) aborts the signal, so that commands clean up;
 * the second one ends the process at once. A reader that goes away (`| head`) ends it quietly, a full disk behind stdout
 * with an error.
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
    // Nothing more can be said on stderr where that is what fails.
    if (stream === process.stderr) process.exit(EXIT_FAILED);
    const { text, hint } = explainWriteError(error);
    const finding: Finding = {
      code: 'output.write-failed',
      severity: 'error',
      place: 'stdout',
      text: `cannot be written: ${text}`,
      hint,
    };
    process.stderr.write(formatFindings([finding], createStyle(false)), () => process.exit(EXIT_FAILED));
  });
  return {
    write: (text) => void stream.write(text),
    // The callback comes when the bytes are out: neither are they kept, nor is a slow reader run over. An error ends the
    // process, above.
    writeBytes: (bytes) =>
      new Promise((resolve) => {
        stream.write(bytes, (error) => {
          if (error === null || error === undefined) resolve();
        });
      }),
    get isTerminal() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.columns ?? 80;
    },
  };
}
