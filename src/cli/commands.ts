import { ARCHIVE_COMMANDS, SOURCE } from './archive-commands.ts';
import type { CommandDeclaration, OptionDeclaration } from './declaration.ts';
import { FORK_COMMANDS } from './fork-commands.ts';
import { text, texts } from './input.ts';
import { PATCH_COMMANDS } from './patch-commands.ts';
import { PLAN_COMMANDS } from './plan-commands.ts';
import { PROPOSE_COMMANDS } from './propose-commands.ts';
import { REGISTRY_COMMANDS } from './registry-commands.ts';
import { STATUS_COMMANDS } from './status-commands.ts';
import { UPSTREAM_COMMANDS } from './upstream-commands.ts';
import { WORKSPACE_COMMANDS } from './workspace-commands.ts';

/** Of the commands that build. */
const BUILD_OPTIONS: readonly OptionDeclaration[] = [
  { flags: '--if-needed', text: 'leave or fetch what was built from the same already' },
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

/** Every command of forkwright: what it takes, and where it is. */
export const COMMANDS: readonly CommandDeclaration[] = [
  {
    name: 'make',
    summary: 'render, build what this machine can, assemble and verify',
    args: [RECIPES],
    options: BUILD_OPTIONS,
    run: async (input, invocation) => {
      const { makeCommand } = await import('./commands/make.ts');
      const { readBuildSettings } = await import('./build/settings.ts');
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
      const { readBuildSettings } = await import('./build/settings.ts');
      const settings = readBuildSettings(input, invocation.env);
      const { recipes, platform } = input;
      return buildCommand({ recipes: texts(recipes), platforms: texts(platform), settings }, invocation);
    },
  },
  {
    name: 'lock',
    summary: 'resolve what recipes leave open, and keep it in locks/',
    args: [RECIPES],
    options: [
      {
        flags: '--update <group>',
        text: 'resolve anew what is locked',
        choices: ['upstream', 'base', 'packages', 'all'],
      },
      { flags: '--frozen', text: 'write nothing; fail where a lock is not what its recipe says' },
    ],
    run: async (input, invocation) => {
      const { lockCommand } = await import('./commands/lock.ts');
      const { readUpdateGroup } = await import('./lock/arguments.ts');
      const { recipes, update, frozen } = input;
      const given = { recipes: texts(recipes), update: readUpdateGroup(update), isFrozen: frozen === true };
      return lockCommand(given, invocation);
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
  ...ARCHIVE_COMMANDS,
  ...REGISTRY_COMMANDS,
  ...UPSTREAM_COMMANDS,
  ...PLAN_COMMANDS,
  ...PATCH_COMMANDS,
  ...PROPOSE_COMMANDS,
  ...STATUS_COMMANDS,
  ...FORK_COMMANDS,
  ...WORKSPACE_COMMANDS,
  {
    name: 'archives',
    summary: 'write the release files of a recipe out of its archives',
    args: [{ syntax: '<recipe>', text: 'name of a recipe' }],
    options: [{ flags: '--output <folder>', text: 'where they go (default: out/<recipe>/release)' }],
    run: async (input, invocation) => {
      const { archivesCommand } = await import('./commands/archives.ts');
      return archivesCommand({ recipe: text(input['recipe']) ?? '', output: text(input['output']) }, invocation);
    },
  },
  {
    name: 'adopt',
    summary: 'draft a recipe from an image',
    args: [SOURCE],
    options: [
      { flags: '--name <name>', text: "of the recipe (default: the image's)" },
      { flags: '--output <file>', text: 'where the draft goes; no file is replaced (default: stdout)' },
    ],
    run: async (input, invocation) => {
      const { adoptCommand } = await import('./commands/adopt.ts');
      const { source, name, output } = input;
      return adoptCommand({ source: text(source) ?? '', name: text(name), output: text(output) }, invocation);
    },
  },
  {
    name: 'parity',
    summary: "compare a recipe's image with the one that upstream publishes",
    args: [{ syntax: '<recipe>', text: 'name of a recipe' }],
    options: [
      { flags: '--ours <source>', text: 'our image (default: out/<recipe>/<recipe>.oci.tar)' },
      { flags: '--theirs <source>', text: "what it is compared with (default: the recipe's parity.image)" },
      { flags: '--files', text: 'compare contents of files too, and list them all' },
    ],
    run: async (input, invocation) => {
      const { parityCommand } = await import('./commands/parity.ts');
      const { recipe, ours, theirs, files } = input;
      return parityCommand(
        { recipe: text(recipe) ?? '', ours: text(ours), theirs: text(theirs), files: files === true },
        invocation,
      );
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
  {
    name: 'completion',
    summary: 'print what lets a shell complete command lines of forkwright',
    args: [{ syntax: '<shell>', text: 'the shell', choices: ['bash', 'zsh', 'fish'] }],
    options: [],
    run: async (input) => {
      const { completionCommand } = await import('./commands/completion.ts');
      return completionCommand({ shell: text(input['shell']) ?? '', commands: COMMANDS });
    },
  },
];
