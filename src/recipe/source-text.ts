import { valid } from 'semver';
import { ForkwrightError } from '../errors.ts';
import { hasCredentials, quoted } from './quoted.ts';

function invalid(text: string, what: string, hint?: string): ForkwrightError {
  return new ForkwrightError('recipe.invalid-value', `${quoted(text)} ${what}`, hint === undefined ? {} : { hint });
}

/** Gives a function that checks a text's form and gives it back; it throws `recipe.invalid-value`. */
function checkedBy(pattern: RegExp, what: string, hint?: string) {
  return (text: string): string => {
    if (pattern.test(text)) return text;
    throw invalid(text, what, hint);
  };
}

/** Checks a SHA-256 in hex. */
export const parseSha256 = checkedBy(/^[0-9a-f]{64}$/, 'is not a SHA-256', '64 hex digits in lower case');

/** Checks the name of an npm package. Specification: validate-npm-package-name. */
export const parseNpmName = checkedBy(
  /^(?=.{1,214}$)(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/,
  'is not a name of an npm package',
);

/** Checks `owner/name` of GitHub. */
export const parseGithubRepository = checkedBy(
  /^[A-Za-z0-9][A-Za-z0-9-]*\/(?!\.{1,2}$)[A-Za-z0-9._-]+$/,
  'is not a repository on GitHub',
  'owner/name',
);

/** Checks the tag of a release. Specification: git-check-ref-format(1). */
export const parseReleaseTag = checkedBy(/^(?![-/.])(?!.*\.\.)[^\s~^:?*[\\]+$/, 'is not a tag');

/** Checks the name of a release's asset. */
export const parseAssetName = checkedBy(/^[^/\\\s]+$/, 'is not a name of an asset');

/** Checks that a version is one, not a range and not a tag such as `latest`. Specification: semver.org. */
export function parseExactVersion(text: string): string {
  if (valid(text) === text) return text;
  throw invalid(text, 'is not an exact version', 'like 0.28.2: no range, no tag, no leading v');
}

/** Checks the URL of a download. */
export function parseDownloadUrl(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text) || /[\s"'<>\\^`{|}]/.test(text)) {
    throw invalid(text, 'is not a URL that can be downloaded', 'like https://example.org/tool.tar.gz');
  }
  if (hasCredentials(text)) throw invalid(text, 'carries a user or a password', 'leave it out of the file');
  return text;
}

const HASH_BYTES: Readonly<Record<string, number>> = { sha256: 32, sha384: 48, sha512: 64 };

/** Checks a hash as npm and browsers write it, `sha512-<base64>`. Specification: W3C Subresource Integrity. */
export function parseIntegrity(text: string): string {
  const [algorithm = '', hash = ''] = text.split('-', 2);
  const sizeBytes = HASH_BYTES[algorithm];
  if (sizeBytes === undefined) {
    const hint = 'sha512- and base64, as npm view PACKAGE dist.integrity says it';
    throw invalid(text, 'is not an integrity', hint);
  }
  const bytes = Buffer.from(hash, 'base64');
  // Node's decoder skips what is not base64; what it gives back shows it.
  if (bytes.length === sizeBytes && `${algorithm}-${bytes.toString('base64')}` === text) return text;
  throw invalid(text, `is not an integrity: ${algorithm} has ${sizeBytes} bytes in base64`);
}
