import type { CommandDeclaration } from './declaration.ts';

/** The commands that keep forks' projects. */
export const FORK_COMMANDS: readonly CommandDeclaration[] = [];
