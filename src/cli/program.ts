import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Argument, Command, CommanderError, Option } from 'commander';
import { ForkwrightError } from '../errors.ts';
import { createStyle } from '../report/style.ts';
import type { CommandResult, Invocation } from './command.ts';
import { COMMANDS } from './commands.ts';
import type { Context } from './context.ts';
import type { CommandDeclaration, OptionDeclaration } from './declaration.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';
import type { Input } from './input.ts';
import { reportError, reportResult, type ReportOptions } from './reporter.ts';
import { openProgress } from '../report/open-progress.ts';

const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

const AFTER_HELP = `
Exit codes: 0 done; 1 findings; 2 could not be done; 130 after Ctrl-C.
Environment: FORKWRIGHT_CACHE (downloads), FORKWRIGHT_TMPDIR (unpacked archives), FORKWRIGHT_MIRRORS,
FORKWRIGHT_LOCK, FORKWRIGHT_ENGINE_WAIT, DOCKER_HOST, DOCKER_CONFIG, SOURCE_DATE_EPOCH, GITHUB_TOKEN,
GITLAB_TOKEN, HTTPS_PROXY, NO_PROXY, NO_COLOR.`;

/**
 * Runs one command line (without node and script) and gives its exit code; see CONTRACT "Exit codes".
 * Everything it touches comes from the context. Throws nothing.
 */
export async function runProgram(argv: readonly string[], context: Context): Promise<number> {
  let exitCode = 0;
  const program = createProgram(context, async (declaration, input, globals) => {
    exitCode = await runCommand(declaration, input, globals, context);
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // commander has printed its message; --help and --version end here too, with 0.
    return error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
  return exitCode;
}

interface GlobalOptions {
  readonly root?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly strict?: boolean;
  readonly insecure?: boolean;
  readonly caFile?: string;
  readonly color: string;
}

type Action = (declaration: CommandDeclaration, input: Input, globals: GlobalOptions) => Promise<void>;

function createProgram(context: Context, action: Action): Command {
  const program = new Command('forkwright')
    .description('Keeps forks of container helper tools alive: recipes in, verified multi-arch images out.')
    .version(readVersion(), '-V, --version')
    .showHelpAfterError('(--help says what there is)')
    .addHelpText('after', AFTER_HELP)
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .exitOverride();
  for (const declared of GLOBAL_OPTIONS) addOption(program, declared);
  for (const declaration of COMMANDS) addCommand(program, declaration, action);
  return program;
}

function addCommand(program: Command, declaration: CommandDeclaration, action: Action): void {
  const command = program.command(declaration.name).description(declaration.summary);
  for (const { syntax, text, choices } of declaration.args) {
    const argument = new Argument(syntax, text);
    command.addArgument(choices === undefined ? argument : argument.choices([...choices]));
  }
  for (const declared of declaration.options) addOption(command, declared);
  command.action(async () => {
    const named = command.registeredArguments.map((argument, index) => [argument.name(), command.processedArgs[index]]);
    const input: Input = { ...command.opts(), ...Object.fromEntries(named) };
    await action(declaration, input, program.opts<GlobalOptions>());
  });
}

function addOption(command: Command, declared: OptionDeclaration): void {
  const option = new Option(declared.flags, declared.text);
  if (declared.choices !== undefined) option.choices([...declared.choices]);
  if (declared.default !== undefined) option.default(declared.default);
  if (declared.isRequired === true) option.makeOptionMandatory();
  if (declared.isRepeatable === true) {
    option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  }
  command.addOption(option);
}

async function runCommand(
  declaration: CommandDeclaration,
  input: Input,
  globals: GlobalOptions,
  context: Context,
): Promise<number> {
  const report: ReportOptions = {
    isJson: globals.json === true,
    isQuiet: globals.quiet === true,
    isStrict: globals.strict === true,
    errorStyle: createStyle(isColoured(globals.color, context.stderr.isTerminal, context.env)),
  };
  const progress = openProgress(context.stderr, { isQuiet: report.isQuiet, nowMs: context.nowMs });
  const invocation: Invocation = {
    ...context,
    root: resolve(context.cwd, globals.root ?? '.'),
    progress,
    registries: { isInsecure: globals.insecure === true, caFile: globals.caFile ?? null },
    style: createStyle(isColoured(globals.color, context.stdout.isTerminal, context.env)),
  };
  let result: CommandResult;
  try {
    result = await declaration.run(input, invocation);
  } catch (error) {
    progress.close();
    if (context.signal.aborted) {
      context.stderr.write('interrupted\n');
      return EXIT_INTERRUPTED;
    }
    return reportError(error, report, context);
  }
  progress.close();
  return context.signal.aborted ? EXIT_INTERRUPTED : reportResult(result, report, context);
}

/** Specification: no-color.org, force-color.org; the option wins. */
function isColoured(when: string, isTerminal: boolean, env: Context['env']): boolean {
  if (when !== 'auto') return when === 'always';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '0') !== '0') return true;
  return isTerminal && env['TERM'] !== 'dumb';
}

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  const document: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof document === 'object' && document !== null && 'version' in document) return String(document.version);
  throw new ForkwrightError('package.malformed', 'package.json has no version', { place: file.pathname });
}
