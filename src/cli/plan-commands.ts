import type { ImageStore } from '../plan/plan.ts';
import type { CommandDeclaration, OptionDeclaration } from './declaration.ts';
import { text, texts, type Input } from './input.ts';

const LOCKED: OptionDeclaration = {
  flags: '--locked',
  text: 'take the locks as they are, and ask no upstream and no base',
};
const STORE: OptionDeclaration = {
  flags: '--store <store>',
  text: 'where images are looked for; those that are not published always in out',
  choices: ['registry', 'out'],
  default: 'registry',
};

/** The commands that say what would be built, and why. */
export const PLAN_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: 'plan',
    summary: 'say what would be built, what is there already, and why',
    args: [{ syntax: '[recipes...]', text: 'names of recipes; all of them where none is named' }],
    options: [LOCKED, STORE, { flags: '--exit-code', text: 'end with 1 where there is anything to do' }],
    run: async (input, invocation) => {
      const { planCommand } = await import('./commands/plan.ts');
      const { recipes, locked, exitCode } = input;
      const given = { recipes: texts(recipes), isLocked: locked === true, store: readStore(input) };
      return planCommand({ ...given, hasExitCode: exitCode === true }, invocation);
    },
  },
  {
    name: 'why',
    summary: 'explain why a target would be built or not, leaf by leaf',
    args: [{ syntax: '<target>', text: 'name of a recipe, with @ and a platform for one of its targets' }],
    options: [LOCKED, STORE, { flags: '--against <image>', text: 'compare with this image or archive instead' }],
    run: async (input, invocation) => {
      const { whyCommand } = await import('./commands/why.ts');
      const { target, locked, against } = input;
      const given = { target: text(target) ?? '', against: text(against), isLocked: locked === true };
      return whyCommand({ ...given, store: readStore(input) }, invocation);
    },
  },
];

/** commander lets nothing else through. */
function readStore(input: Input): ImageStore {
  return input['store'] === 'out' ? 'out' : 'registry';
}
