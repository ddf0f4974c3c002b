import { FORMATS } from './convert-arguments.ts';
import type { CommandDeclaration, OptionDeclaration } from './declaration.ts';
import { text, texts } from './input.ts';
import { REGISTRY_COMMANDS } from './registry-commands.ts';
import { UPSTREAM_COMMANDS } from './upstream-commands.ts';

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
const SOURCE = { syntax: '<source>', text: 'archive file, layout folder or image of a registry; - for stdin' };

/** Of the commands that read archives. */
const CONFIG: OptionDeclaration = {
  flags: '--config <file>',
  text: 'image config of a root filesystem, which has none itself',
};

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
      const { readUpdateGroup } = await import('./lock-arguments.ts');
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
  {
    name: 'assemble',
    summary: 'put archives together into one multi-arch index',
    args: [{ syntax: '<archives...>', text: 'archive files, layout folders or images of registries, in any order' }],
    options: [
      { flags: '--output <output>', text: 'where it goes: an archive (.tar), else a layout folder', isRequired: true },
      { flags: '--name <reference>', text: 'name of the image inside the archive', isRepeatable: true },
      { flags: '--docker-compat <platform>', text: "add a manifest.json of this platform for Docker's classic store" },
      {
        flags: '--platform <archive=platform>',
        text: 'platform of an archive whose config is wrong or absent',
        isRepeatable: true,
      },
      CONFIG,
      { flags: '--recipe <recipe>', text: 'take the configs of root filesystems from this recipe' },
    ],
    run: async (input, invocation) => {
      const { assembleCommand } = await import('./commands/assemble.ts');
      return assembleCommand(
        {
          archives: texts(input['archives']),
          output: text(input['output']) ?? '',
          names: texts(input['name']),
          dockerCompat: text(input['dockerCompat']),
          platforms: texts(input['platform']),
          config: text(input['config']),
          recipe: text(input['recipe']),
        },
        invocation,
      );
    },
  },
  {
    name: 'inspect',
    summary: 'show what an archive or an image of a registry holds',
    args: [SOURCE],
    options: [
      CONFIG,
      { flags: '--platform <platform>', text: 'platform of a root filesystem, or of the image whose files are listed' },
      { flags: '--recipe <recipe>', text: 'take the config of a root filesystem from this recipe' },
      { flags: '--files', text: 'list the files of an image, each with the layer that it comes from' },
      { flags: '--layer <number>', text: 'list what one layer, counted from 1, adds, changes and removes' },
    ],
    run: async (input, invocation) => {
      const { inspectCommand } = await import('./commands/inspect.ts');
      const { source, recipe, config, platform, files, layer } = input;
      const given = { recipe: text(recipe), config: text(config), platform: text(platform) };
      return inspectCommand(
        { source: text(source) ?? '', ...given, files: files === true, layer: text(layer) },
        invocation,
      );
    },
  },
  {
    name: 'extract',
    summary: 'take one file or folder out of an image',
    args: [SOURCE, { syntax: '<path>', text: 'of the file or folder in the image' }],
    options: [
      { flags: '--output <file>', text: 'where it goes; a folder becomes a tar (default: stdout)' },
      { flags: '--platform <platform>', text: 'the image of this platform' },
    ],
    run: async (input, invocation) => {
      const { extractCommand } = await import('./commands/extract.ts');
      const { source, path, output, platform } = input;
      return extractCommand(
        { source: text(source) ?? '', path: text(path) ?? '', output: text(output), platform: text(platform) },
        invocation,
      );
    },
  },
  {
    name: 'verify',
    summary: 'find everything that is wrong with an archive',
    args: [SOURCE],
    options: [
      { flags: '--recipe <recipe>', text: 'hold it to this recipe too' },
      CONFIG,
      { flags: '--platform <platform>', text: 'platform of a root filesystem' },
    ],
    run: async (input, invocation) => {
      const { verifyCommand } = await import('./commands/verify.ts');
      const { source, recipe, config, platform } = input;
      return verifyCommand(
        { source: text(source) ?? '', recipe: text(recipe), config: text(config), platform: text(platform) },
        invocation,
      );
    },
  },
  {
    name: 'convert',
    summary: 'write the images of an archive in another format',
    args: [SOURCE, { syntax: '<output>', text: 'where it goes; - for stdout' }],
    options: [
      {
        flags: '--to <format>',
        text: 'the format',
        choices: FORMATS,
        isRequired: true,
      },
      {
        flags: '--compress <how>',
        text: 'compression of the whole archive',
        choices: ['none', 'gzip', 'zstd', 'xz'],
        default: 'none',
      },
      {
        flags: '--layer-compression <how>',
        text: 'compression of the layers',
        choices: ['keep', 'none', 'gzip', 'zstd'],
        default: 'keep',
      },
      {
        flags: '--media-types <family>',
        text: 'media types of the manifests (default: oci for oci and oci-archive, else keep)',
        choices: ['keep', 'oci', 'docker'],
      },
      { flags: '--platform <platform>', text: 'only the image of this platform' },
      { flags: '--image <reference>', text: 'only the image of this name' },
      { flags: '--flatten', text: 'make one layer of all' },
      { flags: '--max-layers <count>', text: 'merge layers that lie side by side until there are so many' },
      { flags: '--name <reference>', text: 'name of the image in the result' },
      CONFIG,
      { flags: '--recipe <recipe>', text: 'take the config of a root filesystem from this recipe' },
    ],
    run: async (input, invocation) => {
      const { convertCommand } = await import('./commands/convert.ts');
      const { readConvertArguments } = await import('./convert-arguments.ts');
      return convertCommand(readConvertArguments(input), invocation);
    },
  },
  ...REGISTRY_COMMANDS,
  ...UPSTREAM_COMMANDS,
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
];
