import type { Change } from './change.ts';
import { plainText } from './escape-markdown.ts';
import { isMove } from './news.ts';

const SHOWN_RECIPES = 3;
// GitLab takes 255, and people may put `Draft: ` in front.
const MAX_LENGTH = 200;

/** Gives the title of a merge request: `Update tool to 1.3.0`, `Update alpine:3.20 of tool and shell`. */
export function composeTitle(change: Change): string {
  const characters = [...nameChange(change)];
  return characters.length <= MAX_LENGTH ? characters.join('') : `${characters.slice(0, MAX_LENGTH - 1).join('')}…`;
}

function nameChange({ recipes }: Change): string {
  const names = recipes.map(({ recipe }) => recipe);
  const subject = names.length > SHOWN_RECIPES ? `${names.length} recipes` : joinWords(names);
  const upstreams = recipes.flatMap(({ news }) => news.upstreams);
  const [first] = upstreams;
  if (first !== undefined) {
    const versions = [...new Set(upstreams.map((each) => each.new.version))];
    return versions.length === 1
      ? `Update ${subject} to ${plainText(first.new.version)}`
      : `Update ${subject}: ${versions.length} upstreams`;
  }
  const images = new Set(recipes.flatMap(({ news }) => news.images.filter(isMove).map(({ name }) => name)));
  const what =
    images.size > SHOWN_RECIPES ? `${images.size} images` : joinWords([...images].map((name) => plainText(name)));
  return `Update ${what} of ${subject}`;
}

/** Gives the message of the commit: the title, and what moved from where to where, a line each. */
export function composeMessage(change: Change): string {
  const lines = change.recipes.flatMap(({ recipe, news }) => [
    ...news.upstreams.map((each) => `${recipe} upstream: ${each.old.commit} -> ${each.new.commit}`),
    ...news.images.flatMap(({ name, platforms }) =>
      platforms.map((each) => `${plainText(name)} ${each.platform}: ${each.old ?? 'none'} -> ${each.new ?? 'none'}`),
    ),
  ]);
  return `${composeTitle(change)}\n\n${[...new Set(lines)].join('\n')}\n`;
}

function joinWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
