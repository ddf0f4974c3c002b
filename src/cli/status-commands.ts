import type { CommandDeclaration } from './declaration.ts';
import { text, texts } from './input.ts';

/** The commands that show all forks at a glance. */
export const STATUS_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: 'status',
    summary: 'show all forks at a glance, each with its grade and the reasons; also as a page',
    args: [{ syntax: '[recipes...]', text: 'names of recipes; all of them where none is named' }],
    options: [
      { flags: '--offline', text: 'ask nobody; show what was last seen' },
      { flags: '--patches', text: 'try the patches on what is followed, which fetches sources' },
      { flags: '--html <folder>', text: 'write the page index.html into this folder' },
      { flags: '--exit-code', text: 'end with 1 where a recipe is poor' },
    ],
    run: async (input, invocation) => {
      const { statusCommand } = await import('./commands/status.ts');
      const { recipes, offline, patches, html, exitCode } = input;
      const given = {
        recipes: texts(recipes),
        isOffline: offline === true,
        triesPatches: patches === true,
        html: text(html),
        hasExitCode: exitCode === true,
      };
      return statusCommand({ ...given, nowMs: Date.now }, invocation);
    },
  },
];
