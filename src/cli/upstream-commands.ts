import type { CommandDeclaration } from './declaration.ts';
import { text, texts } from './input.ts';

/** The commands that look at what recipes are built from. */
export const UPSTREAM_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: 'check',
    summary: 'say what has moved: upstreams and base images; of a URL, how healthy it is',
    args: [
      { syntax: '[what...]', text: 'names of recipes, all of them where none is named; or URLs of git repositories' },
    ],
    options: [
      { flags: '--offline', text: 'ask nobody; show what was last seen, and when' },
      { flags: '--exit-code', text: 'end with 1 where something has moved' },
      { flags: '--image <reference>', text: 'image that the upstream of the URL publishes' },
    ],
    run: async (input, invocation) => {
      const { checkCommand } = await import('./commands/check.ts');
      const { what, offline, exitCode, image } = input;
      const given = { what: texts(what), isOffline: offline === true, hasExitCode: exitCode === true };
      return checkCommand({ ...given, image: text(image), nowMs: Date.now }, invocation);
    },
  },
];
