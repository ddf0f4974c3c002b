import { hintOf } from './nearest.ts';

/** Names that stand for the same in every image of a recipe. */
export const INDEX_NAMES = ['name', 'version', 'registry', 'group'] as const;
/** Names that stand for something else on every platform; the last five are what other worlds call it. */
export const PLATFORM_NAMES = [
  'os',
  'arch',
  'variant',
  'platform',
  'slug',
  'uname',
  'debian',
  'alpine',
  'runner',
  'npm',
] as const;

/** Names that have a value only where a program has just been built. */
export const BUILT_NAMES = ['built'] as const;

export type IndexName = (typeof INDEX_NAMES)[number];
export type Name = IndexName | (typeof PLATFORM_NAMES)[number] | (typeof BUILT_NAMES)[number];

const NAMES: readonly string[] = [...PLATFORM_NAMES, ...INDEX_NAMES];

export function isName(text: string): text is Name {
  const names: readonly string[] = [...NAMES, ...BUILT_NAMES];
  return names.includes(text);
}

export function isIndexName(name: Name): name is IndexName {
  const names: readonly string[] = INDEX_NAMES;
  return names.includes(name);
}

// `{{` and `}}` are literal braces, `{name}` is a name; any other brace is a fault.
const TOKEN = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

/**
 * Gives what is wrong with the names in braces of a text, where `more` names have a value besides the usual ones. A
 * message follows the text; its hint says what to do.
 */
export function findNameFaults(
  text: string,
  more: readonly string[] = [],
): readonly { readonly message: string; readonly hint: string }[] {
  const known = [...NAMES, ...more];
  return [...text.matchAll(TOKEN)].flatMap(([token, name]) => {
    if (token === '{{' || token === '}}' || (name !== undefined && known.includes(name))) return [];
    if (name === undefined)
      return [{ message: `has a lone ${token} in it`, hint: `write ${token}${token} for a brace` }];
    return [{ message: `has {${name}} in it, which is not a name`, hint: hintOf(name, known) }];
  });
}

/** Gives a text with its names replaced and its doubled braces single. The text has no name faults. */
export function fillNames(text: string, valueOf: (name: Name) => string): string {
  if (!text.includes('{') && !text.includes('}')) return text;
  return text.replaceAll(TOKEN, (token, name: string | undefined) => {
    if (name !== undefined && isName(name)) return valueOf(name);
    return token.charAt(0);
  });
}
