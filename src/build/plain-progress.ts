/** A step of a build that has failed. */
export interface FailedStep {
  /** `[build 3/4] RUN make`. */
  readonly name: string;
  /** What BuildKit says about it: `process "/bin/sh -c make" did not complete successfully: exit code: 2`. */
  readonly message: string;
  /** The last lines that it printed. */
  readonly lastLines: readonly string[];
}

/** Follows a build by what buildx prints with `--progress=plain`. */
export interface PlainProgress {
  /** Takes the next line, without its end. */
  take(line: string): void;
  /** The step that fails the build; null while none does. */
  readonly failedStep: FailedStep | null;
  /** What buildx ends with, `failed to solve: ...`; null where it has not. */
  readonly error: string | null;
}

const LAST_LINES = 15;
/** Steps that are over in no time, or say nothing to people. */
const MINOR =
  /^\[(?:internal|auth|context [^\]]*|\S+ (?:internal|auth|context [^\]]*))\]|^resolve |^importing cache|^\[[^\]]*\] (?:resolve|load)/;

interface Step {
  readonly name: string;
  readonly lines: string[];
}

/**
 * Follows a build. `onStep` is told whenever another step is the newest that is running. Specification: none; this is the
 * text that BuildKit writes for people (util/progress/progressui): `#7 [build 3/4] RUN make` opens a step and comes again
 * after a blank line when several take turns, `#7 0.123 text` is its output, `#7 DONE 1.2s`, `CACHED`, `CANCELED` or
 * `ERROR: ...` end it.
 */
export function followPlainProgress(onStep: (name: string) => void): PlainProgress {
  const running = new Map<string, Step>();
  let shown: string | null = null;
  let failedStep: FailedStep | null = null;
  let error: string | null = null;

  const show = () => {
    const newest = [...running.values()].findLast(({ name }) => !MINOR.test(name))?.name ?? null;
    if (newest === null || newest === shown) return;
    shown = newest;
    onStep(newest);
  };
  const takeOfStep = (id: string, text: string) => {
    const step = running.get(id);
    if (step === undefined) {
      // A step that has ended is opened once more when its progress comes late.
      running.set(id, { name: text.replaceAll(/\s+/g, ' '), lines: [] });
      show();
      return;
    }
    const end = /^(?:DONE|CACHED|CANCELED|ERROR: )/.exec(text)?.[0];
    if (end === undefined) {
      const output = /^\d+\.\d+ (.*)$/s.exec(text)?.[1];
      if (output === undefined) return;
      step.lines.push(output);
      if (step.lines.length > LAST_LINES) step.lines.shift();
      return;
    }
    running.delete(id);
    if (end === 'ERROR: ') {
      failedStep ??= { name: step.name, message: text.slice(end.length), lastLines: step.lines };
    }
    show();
  };
  return {
    take(line) {
      const [, id, text] = /^#(\d+) (.*)$/s.exec(line) ?? [];
      // #0 is no step: it names the builder.
      if (id === '0') return;
      if (id !== undefined && text !== undefined) takeOfStep(id, text);
      else if (line.startsWith('ERROR: ')) error = line.slice('ERROR: '.length);
    },
    get failedStep() {
      return failedStep;
    },
    get error() {
      return error;
    },
  };
}
