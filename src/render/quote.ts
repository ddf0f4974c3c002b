import { ForkwrightError } from '../errors.ts';

/**
 * Quoting for the places of a Dockerfile that a value can land in. BuildKit expands variables and takes quotes apart in
 * ADD, COPY, ENV, EXPOSE, FROM, LABEL, STOPSIGNAL, USER, VOLUME and WORKDIR, inside their JSON form too; in RUN, CMD,
 * ENTRYPOINT and HEALTHCHECK it does not. Only JSON can hold a line break; the other functions throw `render.line-break`
 * for a value that does.
 * Specification: docs.docker.com/reference/dockerfile, "Environment replacement"; BuildKit, frontend/dockerfile/shell.
 */

// Opens a here-document in RUN, COPY and ADD. BuildKit looks outside of quotes only, other readers of Dockerfiles inside
// them too: where a value can be written without, it is.
const HEREDOC_SIGN = /<(?=<)/g;

// Nothing of these means anything to BuildKit's word reader.
const PLAIN_WORD = /^[\w.,:/@%+=~-]+$/;
// The same for a POSIX shell, to which a leading tilde is a home folder.
const PLAIN_SHELL = /^[\w.,:/@%+=-]+$/;

/** For ENTRYPOINT, CMD and HEALTHCHECK: the exec form, which nothing is expanded in. */
export function quoteExec(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}

/** For VOLUME, COPY and ADD: the JSON form, with what BuildKit would expand inside it escaped. */
export function quotePathsAsJson(paths: readonly string[]): string {
  const escaped = paths.map((path) => path.replaceAll(/[\\$'"]/g, String.raw`\$&`));
  return quoteExec(escaped).replaceAll(HEREDOC_SIGN, String.raw`\u003c`);
}

/** For COPY and ADD: plain words where all paths are plain, else their JSON form. */
export function quotePaths(paths: readonly string[]): string {
  return paths.every((path) => PLAIN_WORD.test(path)) ? paths.join(' ') : quotePathsAsJson(paths);
}

/**
 * Makes a source of COPY that BuildKit does not take for a pattern. Two matchers read it, Go's path/filepath.Match and
 * moby/patternmatcher, which looks into no brackets: only an escape inside brackets means the same to both. Of what
 * matches nothing BuildKit copies nothing, and does not say so.
 */
export function escapePattern(path: string): string {
  return path.replaceAll(/[[*?\\]/g, String.raw`[\$&]`);
}

/** For values of ENV and LABEL: a double-quoted word. */
export function quoteValue(value: string): string {
  return `"${refuseLineBreak(value).replaceAll(/[\\"$]/g, String.raw`\$&`)}"`;
}

/** For WORKDIR, USER, STOPSIGNAL, EXPOSE and names in LABEL: a plain word where it is one, else double-quoted. */
export function quoteWord(value: string): string {
  return PLAIN_WORD.test(value) ? value : quoteValue(value);
}

/** For RUN and scripts: a word of a POSIX shell, in single quotes unless it is plain. */
export function quoteShell(value: string): string {
  if (PLAIN_SHELL.test(value)) return value;
  const escaped = refuseLineBreak(value).replaceAll("'", String.raw`'\''`);
  return `'${escaped.replaceAll(HEREDOC_SIGN, "<''")}'`;
}

/** For a part of a URL behind a variable: what a word of a Dockerfile could not hold is percent-encoded. */
export function quoteUrl(url: string): string {
  return refuseLineBreak(url).replaceAll(/[^\w.,:/@%+=~-]/gu, percentEncode);
}

function percentEncode(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

/** For comments: one line, whatever the value holds. */
export function quoteComment(value: string): string {
  return value.replaceAll(/[\r\n\u0085\u2028\u2029]+/g, ' ').trim();
}

function refuseLineBreak(value: string): string {
  if (!/[\r\n]/.test(value)) return value;
  throw new ForkwrightError('render.line-break', `${JSON.stringify(value)} holds a line break`, {
    hint: 'only the content of a file can have lines',
  });
}
