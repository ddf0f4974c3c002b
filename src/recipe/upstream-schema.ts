import { validRange } from 'semver';
import { addFault, line, matching, section } from './field.ts';
import { hasCredentials } from './quoted.ts';

/** git's own transports. Its `ext::` runs a command; a bare path would differ from machine to machine. */
export const GIT_URL = /^(?:(?:https?|ssh|git|file):\/\/|[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:(?!\/\/))[^\s'"`\\]+$/;
// Specification: git-check-ref-format(1).
const REF = /^(?![-/.])(?!.*(?:\.\.|@\{|\/\/|\/\.|[~^:?*[\\]|\.lock(?:\/|$)))[!-~\u00a1-\uffff]+(?<![/.])$/;
const REF_PATTERN = /^(?![-/.])(?!.*(?:\.\.|@\{|\/\/|[~^:\\]))[!-~\u00a1-\uffff]+$/;

/** The ways of saying what is followed of an upstream. */
export const TRACK_KEYS = ['branch', 'tag', 'release'] as const;

/** An http or https URL for people. */
export const webUrl = matching(/^https?:\/\/[^\s"'<>\\]+$/, 'is not a web address', 'like https://example.org/');

/** The project that is forked. */
export const upstreamSchema = section({
  git: matching(GIT_URL, 'is not a URL of a git repository', 'like https://github.com/owner/name.git')
    .refine((url) => !hasCredentials(url), {
      error: 'carries a user or a password',
      params: { code: 'secret', hint: 'leave it out; git asks its credential helper' },
    })
    .describe('URL of the git repository'),
  branch: matching(REF, 'is not a name of a branch').describe('Branch that is followed').optional(),
  tag: matching(REF_PATTERN, 'is not a pattern of tags', 'like v* or v1.2.*')
    .describe('Tags that are followed, as a glob: "v*"')
    .optional(),
  release: line
    .refine((range) => validRange(range) !== null, {
      error: 'is not a range of versions',
      params: { hint: 'like ">=1.2 <2"; see semver.org and npm' },
    })
    .describe('Releases that are followed, as a range of versions: ">=1.2 <2"')
    .optional(),
  commit: matching(
    /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/,
    'is not a commit',
    '40 (or 64) hex digits in lower case; git rev-parse REF^{commit} gives them',
  )
    .describe('Commit that is built; without it what the branch or tag holds on the day')
    .optional(),
}).superRefine((upstream, context) => {
  const [first, second] = TRACK_KEYS.filter((key) => upstream[key] !== undefined);
  if (second === undefined) return;
  const message = `"${second}" cannot be followed beside ${first}`;
  addFault(context, message, { code: 'several-tracks', at: 'key', isWhole: true }, [second]);
});
