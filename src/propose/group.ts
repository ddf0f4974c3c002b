import { createHash } from 'node:crypto';
import { compareText } from '../platform/order.ts';
import { hasNews, isMove, type News } from './news.ts';

/** Recipes whose news go into one merge request. */
export interface Group {
  /** The name of the recipe, or `base:` and the names of the images. */
  readonly key: string;
  /** The branch without its prefix. */
  readonly branch: string;
  /** By name. */
  readonly recipes: readonly string[];
}

/**
 * Divides recipes with news into merge requests: one each; with `groupsByBase`, those of which nothing but images moved, and
 * the same ones, go together. A recipe alone has the key of its images then too, so that nothing is closed and made
 * anew when another one joins it.
 */
export function groupNews(news: ReadonlyMap<string, News>, groupsByBase: boolean): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const [recipe, each] of [...news].toSorted(([a], [b]) => compareText(a, b))) {
    if (!hasNews(each)) continue;
    const group = groupsByBase && each.upstreams.length === 0 ? groupOfImages(each) : { key: recipe, branch: recipe };
    groups.set(group.key, { ...group, recipes: [...(groups.get(group.key)?.recipes ?? []), recipe] });
  }
  return [...groups.values()].toSorted((a, b) => compareText(a.key, b.key));
}

const READABLE_LENGTH = 60;

function groupOfImages({ images }: News): Pick<Group, 'key' | 'branch'> {
  const moved = images.filter(isMove);
  const names = moved.map(({ name }) => name).join(' ');
  // No recipe has two dashes in its name; the hash keeps apart what reads the same.
  const hash = createHash('sha256')
    .update(moved.map(({ key }) => key).join(' '))
    .digest('hex')
    .slice(0, 8);
  const readable = names
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .slice(0, READABLE_LENGTH)
    .replaceAll(/^-+|-+$/g, '');
  return { key: `base:${names}`, branch: `base--${readable}-${hash}` };
}
