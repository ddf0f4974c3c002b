import type { CommandDeclaration } from './declaration.ts';

/** The commands that say what would be built, and why. */
export const PLAN_COMMANDS: readonly CommandDeclaration[] = [];
