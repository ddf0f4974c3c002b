import type { CommandDeclaration } from './declaration.ts';

/** The commands that show all forks at a glance. */
export const STATUS_COMMANDS: readonly CommandDeclaration[] = [];
