import type { OptionDeclaration } from './declaration.ts';

/** Options that stand before any command. */
export const GLOBAL_OPTIONS: readonly OptionDeclaration[] = [
  { flags: '--root <folder>', text: 'the workspace (default: the current folder)' },
  { flags: '--json', text: 'print one JSON document on stdout' },
  { flags: '--quiet', text: 'no progress, no notes' },
  { flags: '--insecure', text: 'let registries speak plain HTTP, and have any certificate' },
  { flags: '--ca-file <file>', text: "authorities that registries' certificates may be signed by, as PEM" },
  { flags: '--strict', text: 'end with 1 on findings of any severity' },
  { flags: '--color <when>', text: 'colours', choices: ['auto', 'always', 'never'], default: 'auto' },
];
