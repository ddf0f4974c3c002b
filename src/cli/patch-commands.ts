import type { CommandDeclaration } from './declaration.ts';
import { texts } from './input.ts';

/** The commands that look after patches. */
export const PATCH_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: 'patch',
    summary: "say what becomes of recipes' patches on what they follow; rewrite those that need it",
    args: [
      { syntax: '<action>', text: 'status says it, refresh rewrites the series', choices: ['status', 'refresh'] },
      { syntax: '[recipes...]', text: 'names of recipes; for status all of them where none is named' },
    ],
    options: [
      { flags: '--locked', text: 'on the commit that is built, not on the newest of what is followed' },
      { flags: '--dry-run', text: 'refresh: write nothing; show what would be written, as a diff' },
    ],
    run: async (input, invocation) => {
      const { patchCommand } = await import('./commands/patch.ts');
      const { action, recipes, locked, dryRun } = input;
      return patchCommand(
        {
          action: action === 'refresh' ? 'refresh' : 'status',
          recipes: texts(recipes),
          isLocked: locked === true,
          isDryRun: dryRun === true,
        },
        invocation,
      );
    },
  },
];
