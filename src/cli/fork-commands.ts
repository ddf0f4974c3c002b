import type { CommandDeclaration } from './declaration.ts';
import { texts } from './input.ts';

/** The commands that keep forks' projects. */
export const FORK_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: 'fork',
    summary: "keep the forks' projects: push what recipes are built from to them",
    args: [
      { syntax: '<action>', text: 'what is done', choices: ['sync'] },
      { syntax: '[recipes...]', text: 'names of recipes; all that have a fork where none is named' },
    ],
    options: [{ flags: '--dry-run', text: 'write nothing; show what would be created and moved' }],
    run: async (input, invocation) => {
      const { forkSyncCommand } = await import('./commands/fork-sync.ts');
      return forkSyncCommand({ recipes: texts(input['recipes']), isDryRun: input['dryRun'] === true }, invocation);
    },
  },
];
