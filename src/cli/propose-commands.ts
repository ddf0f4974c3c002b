import type { CommandDeclaration } from './declaration.ts';

/** The commands that propose changes to the workspace. */
export const PROPOSE_COMMANDS: readonly CommandDeclaration[] = [];
