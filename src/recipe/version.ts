import { valid } from 'semver';
import type { LockedUpstream } from '../lock/lock.ts';
import type { Path } from './fault.ts';
import type { TargetFields } from './recipe-schema.ts';
import { fillText, type TextContext } from './target-texts.ts';

/** The version of a target where nothing says one. */
export const UNVERSIONED = 'unversioned';

const COMMIT_DIGITS = 12;
const MAX_TAG_LENGTH = 128;

/**
 * Gives the version of a target: the recipe's own, else that of the npm package or the release, the locked tag, the
 * commit, the branch; `unversioned` where an upstream is followed of which none of this is known, and null where there is
 * no upstream either. A `{version}` inside of what the version is taken from has no value, and is reported.
 */
export function findVersion(
  fields: Partial<TargetFields>,
  locked: LockedUpstream | null,
  context: TextContext,
): string | null {
  const { version, build, upstream } = fields;
  if (version !== undefined) return version;
  const program = build?.kind === 'prebuilt' ? build : null;
  const fill = (value: Parameters<typeof fillText>[0], path: Path) => fillText(value, path, context)?.text;
  return (
    toVersion(fill(program?.npm?.version, ['build', 'npm', 'version'])) ??
    fill(program?.githubRelease?.tag, ['build', 'githubRelease', 'tag'])?.replace(/^v(?=\d)/, '') ??
    locked?.version ??
    (upstream === undefined ? null : versionOfOpen(upstream))
  );
}

function versionOfOpen({ commit, branch, tag }: NonNullable<TargetFields['upstream']>): string {
  if (commit !== undefined) return versionOfCommit(commit);
  if (branch !== undefined) return toTag(branch);
  return tag === undefined || /[*?[]/.test(tag) ? UNVERSIONED : versionOfTag(tag);
}

/** What `{version}` is for a commit that no followed tag has: 12 of its digits. */
export function versionOfCommit(commit: string): string {
  return commit.slice(0, COMMIT_DIGITS);
}

/** What `{version}` is for a tag: `v1.2.3` and `tool/v1.2.3` are 1.2.3. It can stand in a tag of an image. */
export function versionOfTag(tag: string): string {
  const name = toTag(tag.slice(tag.lastIndexOf('/') + 1).replace(/^v(?=\d)/, ''));
  return name === '' ? UNVERSIONED : name;
}

/** What is no version of npm is reported where the package is; here something stands in for it. */
function toVersion(text: string | undefined): string | undefined {
  return text === undefined || valid(text) === text ? text : UNVERSIONED;
}

/** A name of git as it can stand in a tag: `feature/x` is `feature-x`. */
function toTag(branch: string): string {
  return branch
    .replaceAll(/[^A-Za-z0-9_.-]/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, MAX_TAG_LENGTH);
}
