import type { CommandDeclaration } from './declaration.ts';
import { text } from './input.ts';

/** The commands that begin a workspace and what is in it. */
export const WORKSPACE_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: 'init',
    summary: 'begin a workspace in an empty folder, or draft a recipe for another fork',
    args: [{ syntax: '[name]', text: "of the recipe (default: the upstream's)" }],
    options: [
      { flags: '--git <url>', text: 'git repository that is forked' },
      { flags: '--image <reference>', text: 'image that it publishes, to compare with' },
    ],
    run: async (input, invocation) => {
      const { initCommand } = await import('./commands/init.ts');
      const { name, git, image } = input;
      return initCommand({ name: text(name), git: text(git), image: text(image) }, invocation);
    },
  },
];
