import { FORMATS } from './convert/arguments.ts';
import type { CommandDeclaration, OptionDeclaration } from './declaration.ts';
import { text, texts } from './input.ts';

export const SOURCE = { syntax: '<source>', text: 'archive file, layout folder or image of a registry; - for stdin' };

/** Of the commands that read archives. */
const CONFIG: OptionDeclaration = {
  flags: '--config <file>',
  text: 'image config of a root filesystem, which has none itself',
};

/** The commands that read archives and make other archives of them. */
export const ARCHIVE_COMMANDS: readonly CommandDeclaration[] = [
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
      const { readConvertArguments } = await import('./convert/arguments.ts');
      return convertCommand(readConvertArguments(input), invocation);
    },
  },
];
