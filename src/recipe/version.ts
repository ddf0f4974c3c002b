import { valid } from 'semver';
import type { Path } from './fault.ts';
import type { TargetFields } from './recipe-schema.ts';
import { fillText, type TextContext } from './target-texts.ts';

/** The version of a target where nothing says one. */
export const UNVERSIONED = 'unversioned';

const COMMIT_DIGITS = 12;
const MAX_TAG_LENGTH = 128;

/**
 * Gives the version of a target: the recipe's own, else that of the npm package, the release, the commit, the branch;
 * null where nothing says one. A `{version}` inside of what the version is taken from has no value, and is reported.
 */
export function findVersion(fields: Partial<TargetFields>, context: TextContext): string | null {
  const { version, build, upstream } = fields;
  if (version !== undefined) return version;
  const program = build?.kind === 'prebuilt' ? build : null;
  const fill = (value: Parameters<typeof fillText>[0], path: Path) => fillText(value, path, context)?.text;
  return (
    toVersion(fill(program?.npm?.version, ['build', 'npm', 'version'])) ??
    fill(program?.githubRelease?.tag, ['build', 'githubRelease', 'tag'])?.replace(/^v(?=\d)/, '') ??
    upstream?.commit?.slice(0, COMMIT_DIGITS) ??
    (upstream?.branch === undefined ? null : toTag(upstream.branch))
  );
}

/** What is no version of npm is reported where the package is; here something stands in for it. */
function toVersion(text: string | undefined): string | undefined {
  return text === undefined || valid(text) === text ? text : UNVERSIONED;
}

/** A branch as it can stand in a tag: `feature/x` is `feature-x`. */
function toTag(branch: string): string {
  return branch
    .replaceAll(/[^A-Za-z0-9_.-]/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, MAX_TAG_LENGTH);
}
