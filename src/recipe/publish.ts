import { ForkwrightError } from '../errors.ts';
import { formatReference, isTag, parseReference } from '../oci/reference.ts';
import type { Path, Report } from './fault.ts';
import { fillNames, isIndexName, type Name } from './name-text.ts';
import { hasCredentials, quoted } from './quoted.ts';
import type { BaseFields } from './recipe-schema.ts';
import type { ResolvedRecipe } from './target.ts';
import { parseFilled, reportNoIndexValue, type Filled } from './target-texts.ts';
import { GIT_URL } from './upstream-schema.ts';

/**
 * Resolves what a recipe says of all its platforms together: where the fork lives, and where the index goes. Reports
 * names in braces that differ from platform to platform, and what comes out as no repository or tag.
 */
export function resolvePublish(
  { fork, publish }: Partial<BaseFields>,
  values: ReadonlyMap<Name, string>,
  report: Report,
): Pick<ResolvedRecipe, 'fork' | 'publish'> {
  const read = (text: string, path: Path, parse: (text: string) => string) =>
    parseFilled(fillIndexText(text, path, values, report), parse, report);
  const forkPath = fork === undefined ? null : read(fork, ['fork'], parseFork);
  if (publish === undefined) return { fork: forkPath, publish: { image: null, tags: [] } };
  const tags = (publish.tags ?? ['{version}']).flatMap((tag, index) => {
    const path = publish.tags === undefined ? ['publish'] : ['publish', 'tags', index];
    return read(tag, path, parseTag) ?? [];
  });
  const image = read(publish.image, ['publish', 'image'], parseRepository);
  return { fork: forkPath, publish: { image, tags: [...new Set(tags)] } };
}

function fillIndexText(text: string, path: Path, values: ReadonlyMap<Name, string>, report: Report): Filled | null {
  let isWhole = true;
  const filled = fillNames(text, (name) => {
    const value = values.get(name);
    if (value !== undefined) return value;
    isWhole = false;
    if (isIndexName(name)) reportNoIndexValue(name, path, report);
    else report(path, 'no-name-here', `{${name}} differs from platform to platform; an index has one name`);
    return '';
  });
  return isWhole ? { text: filled, path } : null;
}

function parseTag(text: string): string {
  if (isTag(text)) return text;
  const hint = 'letters, digits, . _ and -, at most 128, none of . and - in front';
  throw new ForkwrightError('recipe.invalid-value', `${quoted(text)} is not a tag`, { hint });
}

function parseRepository(text: string): string {
  const reference = parseReference(text);
  if (reference.tag === null && reference.digest === null) return formatReference(reference);
  throw new ForkwrightError('recipe.invalid-value', `${quoted(text)} has a tag or a digest in it`, {
    hint: 'tags stand under publish.tags',
  });
}

/** A path says nothing of the forge; a URL is what git pushes to. */
function parseFork(text: string): string {
  const isUrl = GIT_URL.test(text);
  if (isUrl && hasCredentials(text)) {
    const hint = 'leave it out; git asks its credential helper';
    throw new ForkwrightError('recipe.invalid-value', `${quoted(text)} carries a user or a password`, { hint });
  }
  if (isUrl || /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/.test(text)) return text;
  const hint = 'like repos/releng/tool: no host, no slash in front';
  throw new ForkwrightError('recipe.invalid-value', `${quoted(text)} is not a path of a project`, { hint });
}
