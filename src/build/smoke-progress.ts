import { stripVTControlCharacters } from 'node:util';
import { TEST_STEP } from './smoke-dockerfile.ts';

const MAX_OUTPUT_CHARACTERS = 4096;

/** Follows the test in what buildx prints with `--progress=plain`. */
export interface SmokeProgress {
  /** Takes the next line, without its end. */
  take(line: string): void;
  /** Null where the program has not ended, or not by itself. */
  readonly exitCode: number | null;
  /** The end of what the program printed, 4 Ki characters at most, without colours; what is left out is `…`. */
  readonly output: string;
  /** What buildx ends with, `failed to solve: ...`; null where it has not. */
  readonly error: string | null;
}

/**
 * Follows a test. `onStart` is told when its step begins. The form of the text: see `followPlainProgress`; in addition a
 * line of output that is cut because of its length goes on without `#7 0.123`.
 */
export function followSmokeTest(onStart: () => void): SmokeProgress {
  const output = keepEnd();
  let step: string | null = null;
  let hasEnded = false;
  let exitCode: number | null = null;
  let error: string | null = null;

  const takeOfStep = (text: string) => {
    const printed = /^\d+\.\d+ (.*)$/s.exec(text)?.[1];
    if (printed !== undefined) {
      output.addLine(printed);
      return;
    }
    if (!/^(?:DONE |CANCELED|ERROR: )/.test(text)) return;
    hasEnded = true;
    // Greedy: the program's own words stand in front.
    const code = /^ERROR: .* did not complete successfully: exit code: (\d+)/s.exec(text)?.[1];
    if (code !== undefined) exitCode = Number(code);
    if (text.startsWith('DONE ')) exitCode = 0;
  };
  return {
    take(line) {
      const [, id, text = ''] = /^#(\d+) (.*)$/s.exec(line) ?? [];
      if (id === undefined) {
        if (step !== null && !hasEnded) output.extendLine(line);
        else if (line.startsWith('ERROR: ')) error = line.slice('ERROR: '.length);
      } else if (step === null) {
        if (!text.startsWith('[') || !text.includes(`] ${TEST_STEP}`)) return;
        step = id;
        onStart();
      } else if (id === step && !hasEnded) takeOfStep(text);
    },
    get exitCode() {
      return exitCode;
    },
    get output() {
      return output.text();
    },
    get error() {
      return error;
    },
  };
}

/** Lines of which only the end is kept. */
function keepEnd(): { addLine(line: string): void; extendLine(text: string): void; text(): string } {
  let end = '';
  let isCut = false;
  const append = (text: string) => {
    // Without what moves a cursor or colours.
    end += stripVTControlCharacters(text).replaceAll('\r', '');
    isCut ||= end.length > MAX_OUTPUT_CHARACTERS;
    end = end.slice(-MAX_OUTPUT_CHARACTERS);
  };
  let hasLine = false;
  return {
    addLine: (line) => {
      append(hasLine ? `\n${line}` : line);
      hasLine = true;
    },
    extendLine: append,
    text: () => {
      // Half a surrogate pair is no character.
      const text = end.replace(/^[\uDC00-\uDFFF]/, '').replace(/\n+$/, '');
      return isCut ? `…${text}` : text;
    },
  };
}
