import { ForkwrightError } from '../errors.ts';
import { hasFailed } from '../finding.ts';
import { countFindings, findingsToJson, formatFindings } from '../report/findings.ts';
import type { Style } from '../report/style.ts';
import type { CommandResult } from './command.ts';
import type { Context, Output } from './context.ts';
import { toFinding } from './error-finding.ts';

export interface ReportOptions {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isStrict: boolean;
  readonly errorStyle: Style;
}

/** Prints what a command found out, as text or JSON, and gives the exit code. */
export function reportResult(result: CommandResult, options: ReportOptions, context: Context): number {
  const { schema, json, text, findings } = result;
  const output = result.hasUsedStdout === true ? context.stderr : context.stdout;
  if (options.isJson) printJson({ schema, ...json, findings: findingsToJson(findings) }, output);
  else if (text !== '') output.write(text);
  const shown = options.isQuiet ? findings.filter((finding) => finding.severity !== 'note') : findings;
  if (!options.isJson && shown.length > 0) {
    context.stderr.write(formatFindings(shown, options.errorStyle));
    context.stderr.write(`${countFindings(shown)}\n`);
  }
  return result.exitCode ?? (hasFailed(findings, options.isStrict) ? 1 : 0);
}

/**
 * Prints an error that ended a command, and gives 2. With --json it is also a document with the error as its one
 * finding. A fault of the program itself is printed with its stack: that is what a bug report needs.
 */
export function reportError(thrown: unknown, options: ReportOptions, context: Context): number {
  const finding = toFinding(thrown);
  if (options.isJson) printJson({ schema: 'forkwright.error/v1', findings: findingsToJson([finding]) }, context.stdout);
  context.stderr.write(formatFindings([finding], options.errorStyle));
  if (!(thrown instanceof ForkwrightError) && thrown instanceof Error) {
    context.stderr.write(`${thrown.stack ?? thrown.message}\n`);
  }
  return 2;
}

function printJson(document: Readonly<Record<string, unknown>>, output: Output): void {
  output.write(`${JSON.stringify(document, null, 2)}\n`);
}
