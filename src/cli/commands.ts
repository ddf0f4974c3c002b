import type { CommandResult, Invocation } from './command.ts';
import type { Input } from './input.ts';

/** An option as commander writes it, `--platform <platform>`. */
export interface OptionDeclaration {
  readonly flags: string;
  readonly text: string;
  readonly choices?: readonly string[];
  readonly default?: string;
  /** Can be given several times; its value is a list. */
  readonly isRepeatable?: boolean;
  readonly isRequired?: boolean;
}

export interface CommandDeclaration {
  readonly name: string;
  readonly summary: string;
  /** `[recipes...]`, `<source>` */
  readonly args: readonly { readonly syntax: string; readonly text: string; readonly choices?: readonly string[] }[];
  readonly options: readonly OptionDeclaration[];
  /** Loads the command only when it is called, so that --help and start-up stay quick. */
  readonly run: (input: Input, invocation: Invocation) => Promise<CommandResult>;
}

/** Of the commands that build. */
const BUILD_OPTIONS: readonly OptionDeclaration[] = [
  { flags: '--parallel <count>', text: 'how many platforms are built at once (default: one per core)' },
  { flags: '--no-cache', text: 'have the engine take nothing from earlier builds' },
  { flags: '--no-test', text: "do not run the recipes' tests" },
  {
    flags: '--cache-from <cache>',
    text: 'cache of buildx to read, with {recipe} and {slug} filled in: type=registry,ref=...',
    isRepeatable: true,
  },
  { flags: '--cache-to <cache>', text: 'cache of buildx to write', isRepeatable: true },
];

const RECIPES = { syntax: '[recipes...]', text: 'names of recipes; all of them where none is named' };
const SOURCE = { syntax: '<source>', text: 'archive file or layout folder' };

/** Every command of forkwright: what it takes, and where it is. */
export const COMMANDS: readonly CommandDeclaration[] = [
  {
    name: 'make',
    summary: 'render, build what this machine can, assemble and verify',
    args: [RECIPES],
    options: BUILD_OPTIONS,
    run: async (input, invocation) => {
      const { makeCommand } = await import('./commands/make.ts');
      const { readBuildSettings } = await import('./build-settings.ts');
      const settings = readBuildSettings(input, invocation.env);
      return makeCommand({ recipes: texts(input['recipes']), settings }, invocation);
    },
  },
  {
    name: 'validate',
    summary: 'check recipes and the workspace file',
    args: [RECIPES],
    options: [],
    run: async (input, invocation) => {
      const { validateCommand } = await import('./commands/validate.ts');
      return validateCommand({ recipes: texts(input['recipes']) }, invocation);
    },
  },
  {
    name: 'render',
    summary: 'write Dockerfiles, bake files and the GitLab pipeline below generated/',
    args: [RECIPES],
    options: [
      { flags: '--check', text: 'write nothing; fail where a file is stale, missing or extra, with a diff' },
      { flags: '--force', text: 'overwrite files below generated/ that forkwright did not write' },
    ],
    run: async (input, invocation) => {
      const { renderCommand } = await import('./commands/render.ts');
      const { recipes, check, force } = input;
      return renderCommand({ recipes: texts(recipes), check: check === true, force: force === true }, invocation);
    },
  },
  {
    name: 'build',
    summary: 'build one archive per platform below out/',
    args: [{ ...RECIPES, syntax: '<recipes...>', text: 'names of recipes' }],
    options: [
      { flags: '--platform <platform>', text: 'only this platform', isRepeatable: true },
      { flags: '--builder <builder>', text: 'what builds', choices: ['auto', 'buildx', 'native'], default: 'auto' },
      ...BUILD_OPTIONS,
    ],
    run: async (input, invocation) => {
      const { buildCommand } = await import('./commands/build.ts');
      const { readBuildSettings } = await import('./build-settings.ts');
      const settings = readBuildSettings(input, invocation.env);
      const { recipes, platform } = input;
      return buildCommand({ recipes: texts(recipes), platforms: texts(platform), settings }, invocation);
    },
  },
  {
    name: 'source',
    summary: 'write the upstream at its commit, with patches, as a folder',
    args: [{ syntax: '<recipe>', text: 'name of a recipe' }],
    options: [{ flags: '--output <folder>', text: 'the folder that it is written to', isRequired: true }],
    run: async (input, invocation) => {
      const { sourceCommand } = await import('./commands/source.ts');
      return sourceCommand({ recipe: text(input['recipe']) ?? '', output: text(input['output']) ?? '' }, invocation);
    },
  },
  {
    name: 'assemble',
    summary: 'put archives together into one multi-arch index',
    args: [{ syntax: '<archives...>', text: 'archive files or layout folders, in any order' }],
    options: [
      { flags: '--output <output>', text: 'where it goes: an archive (.tar), else a layout folder', isRequired: true },
      { flags: '--name <reference>', text: 'name of the image inside the archive', isRepeatable: true },
      { flags: '--docker-compat <platform>', text: "add a manifest.json of this platform for Docker's classic store" },
    ],
    run: async (input, invocation) => {
      const { assembleCommand } = await import('./commands/assemble.ts');
      return assembleCommand(
        {
          archives: texts(input['archives']),
          output: text(input['output']) ?? '',
          names: texts(input['name']),
          dockerCompat: text(input['dockerCompat']),
        },
        invocation,
      );
    },
  },
  {
    name: 'inspect',
    summary: 'show what an archive holds',
    args: [SOURCE],
    options: [],
    run: async (input, invocation) => {
      const { inspectCommand } = await import('./commands/inspect.ts');
      return inspectCommand({ source: text(input['source']) ?? '' }, invocation);
    },
  },
  {
    name: 'verify',
    summary: 'find everything that is wrong with an archive',
    args: [SOURCE],
    options: [{ flags: '--recipe <recipe>', text: 'hold it to this recipe too' }],
    run: async (input, invocation) => {
      const { verifyCommand } = await import('./commands/verify.ts');
      return verifyCommand({ source: text(input['source']) ?? '', recipe: text(input['recipe']) }, invocation);
    },
  },
  {
    name: 'schema',
    summary: 'print the JSON Schema of recipes or of forkwright.yaml',
    args: [{ syntax: '[kind]', text: 'which one', choices: ['recipe', 'workspace'] }],
    options: [],
    run: async (input, invocation) => {
      const { schemaCommand } = await import('./commands/schema.ts');
      return schemaCommand({ kind: input['kind'] === 'workspace' ? 'workspace' : 'recipe' }, invocation);
    },
  },
];

function text(value: Input[string]): string | null {
  return typeof value === 'string' ? value : null;
}

function texts(value: Input[string]): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value : [];
}
