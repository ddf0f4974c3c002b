import type { CommandDeclaration } from './declaration.ts';

/** The commands that look after patches. */
export const PATCH_COMMANDS: readonly CommandDeclaration[] = [];
