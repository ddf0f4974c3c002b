import { FORMATS } from './convert/arguments.ts';
import type { CommandDeclaration, OptionDeclaration } from './declaration.ts';
import { text, texts } from './input.ts';

const REFERRERS: OptionDeclaration = {
  flags: '--referrers',
  text: 'take what refers to an image of a registry along: signatures, lists of materials',
};

/** The commands that bring images to and from registries. */
export const REGISTRY_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: 'push',
    summary: 'bring an image or index with all that belongs to it into registries',
    args: [
      { syntax: '<source>', text: 'archive file, layout folder or image of a registry' },
      { syntax: '<references...>', text: 'names that it gets: registry.example.com/tool:1.0' },
    ],
    options: [
      { flags: '--platform <platform>', text: 'only the images of this platform' },
      { flags: '--image <reference>', text: 'only the image of this name, of an archive with several' },
      { flags: '--dry-run', text: 'send nothing; show what would be sent, mounted, and is there already' },
      { flags: '--foreign-layers', text: 'send foreign layers too, where the archive holds them' },
      REFERRERS,
    ],
    run: async (input, invocation) => {
      const { pushCommand } = await import('./commands/push.ts');
      const { source, references, platform, image, dryRun, foreignLayers, referrers } = input;
      return pushCommand(
        {
          source: text(source) ?? '',
          references: texts(references),
          platform: text(platform),
          image: text(image),
          isDryRun: dryRun === true,
          sendsForeign: foreignLayers === true,
          takesReferrers: referrers === true,
        },
        invocation,
      );
    },
  },
  {
    name: 'pull',
    summary: 'bring an image of a registry into an archive or layout',
    args: [
      { syntax: '<reference>', text: 'name of the image' },
      { syntax: '<output>', text: 'where it goes: an archive (.tar), else a layout folder' },
    ],
    options: [
      { flags: '--to <format>', text: 'the format (default: oci-archive for .tar, else oci)', choices: FORMATS },
      { flags: '--platform <platform>', text: 'only the images of this platform' },
      REFERRERS,
    ],
    run: async (input, invocation) => {
      const { pullCommand } = await import('./commands/pull.ts');
      const { readFormat } = await import('./convert/arguments.ts');
      const { reference, output, platform, referrers } = input;
      return pullCommand(
        {
          reference: text(reference) ?? '',
          output: text(output) ?? '',
          format: readFormat(input['to']),
          platform: text(platform),
          takesReferrers: referrers === true,
        },
        invocation,
      );
    },
  },
];
