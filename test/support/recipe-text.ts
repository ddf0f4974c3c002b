import type { Finding } from '../../src/finding.ts';
import { loadRecipeText } from '../../src/recipe/load.ts';
import type { ResolvedRecipe, Target } from '../../src/recipe/target.ts';
import { readWorkspaceText, type WorkspaceDefaults } from '../../src/recipe/workspace-file.ts';

/** What a forkwright.yaml of this text says. Throws where it is faulty. */
export function workspaceOf(text: string): WorkspaceDefaults {
  const { defaults, findings } = readWorkspaceText(text, 'forkwright.yaml');
  if (findings.length > 0) throw new Error(complaints(findings).join('\n'));
  return defaults;
}

const WORKSPACE = workspaceOf('group: repos/releng\nregistry: registry.example.com/releng\n');

/** The findings of a recipe's text as lines, `5:3 error recipe.unknown-key: text; hint`. */
export function faultsOf(text: string, defaults = WORKSPACE): readonly string[] {
  return complaints(loadRecipeText(text, 'recipes/tool.yaml', defaults).findings);
}

/** The resolved recipe of a text. Throws with its findings where it is faulty. */
export function recipeOf(text: string, defaults = WORKSPACE): ResolvedRecipe {
  const { recipe, findings } = loadRecipeText(text, 'recipes/tool.yaml', defaults);
  if (recipe === null) throw new Error(complaints(findings).join('\n'));
  return recipe;
}

/** The first target of a text, in index order. */
export function targetOf(text: string, defaults = WORKSPACE): Target {
  const [target] = recipeOf(text, defaults).targets;
  if (target === undefined) throw new Error('no target');
  return target;
}

function complaints(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ place, severity, code, text, hint }) => {
    const position = place.replace(/^[^:]*:/, '');
    return `${position} ${severity} ${code}: ${text}${hint === null ? '' : `; ${hint}`}`;
  });
}
