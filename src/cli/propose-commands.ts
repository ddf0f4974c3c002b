import type { CommandDeclaration } from './declaration.ts';
import { texts } from './input.ts';

/** The commands that propose changes to the workspace. */
export const PROPOSE_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: 'propose',
    summary: 'make merge requests on GitLab for what has moved; close those that are obsolete',
    args: [{ syntax: '[recipes...]', text: 'names of recipes, all of them where none is named' }],
    options: [{ flags: '--dry-run', text: 'write nothing; show titles, texts and diffs, and what would be done' }],
    run: async (input, invocation) => {
      const { proposeCommand } = await import('./commands/propose.ts');
      const { recipes, dryRun } = input;
      return proposeCommand({ recipes: texts(recipes), isDryRun: dryRun === true, nowMs: Date.now }, invocation);
    },
  },
];
