/*
 * Texts from outside in a merge request: subjects of commits, names of tags and packages, what advisories say. GitLab reads
 * three things out of a description, and each has to see nothing but text:
 *
 * - Markdown and HTML. Specification: CommonMark, "Backslash escapes", and GitHub Flavored Markdown, "Tables".
 * - What the rendered text is searched for: mentions, references, URLs. An escaped character is the same character there, so
 *   a space of no width comes behind what begins one.
 * - What the text itself is searched for, code spans and all: `/quick actions` at the beginning of lines, and `Fixes #1`,
 *   which closes an issue of the project when the request is merged. Upstream's subjects are full of those.
 */

/** U+200B: nobody sees it, and no reference is read over it. */
const BREAK = '\u200B';
const MAX_LENGTH = 200;
const MAX_TITLE_LENGTH = 100;

/** Gives a text from outside as Markdown that shows it and does nothing else, wherever it stands in a line or a table. */
export function escapeMarkdown(text: string, maxLength = MAX_LENGTH): string {
  return (
    breakReferences(cut(visible(text), maxLength))
      .replaceAll('\\', '\\\\')
      .replaceAll(/[`*_{}[\]|~#!&$@^%]/g, '\\$&')
      // Not even escaped: what looks for `<!--` in the text is not to find it.
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replace(/^[-+=:/]/, '\\$&')
      .replace(/^(\d+)([.)])/, '$1\\$2')
  );
}

/**
 * Gives a name from outside in a code span, so that it can be copied: no reference is read in there. What would break out, or
 * be found in there all the same, is escaped as a text instead.
 */
export function codeSpan(name: string, maxLength = MAX_LENGTH): string {
  const shown = cut(visible(name), maxLength);
  return shown === '' || /[`|<\s]/.test(shown) ? escapeMarkdown(name, maxLength) : `\`${shown}\``;
}

/** Gives a text from outside as a part of a title or of the message of a commit, which are no Markdown but have references. */
export function plainText(text: string, maxLength = MAX_TITLE_LENGTH): string {
  return breakReferences(cut(visible(text), maxLength));
}

/** On one line; what cannot be seen, or turns the direction of text around, is shown as `\u{202e}`. */
function visible(text: string): string {
  const shown = (character: string) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  return text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, shown);
}

function cut(text: string, maxLength: number): string {
  const characters = [...text];
  return characters.length <= maxLength ? text : `${characters.slice(0, maxLength - 1).join('')}…`;
}

/** Specification: GitLab Flavored Markdown, "GitLab-specific references"; its closing pattern; GFM, "Autolinks (extension)". */
function breakReferences(text: string): string {
  return (
    text
      // @user #1 !1 &1 %1 ~label $1 ^alert#1 *iteration:1 [issue:1]
      .replaceAll(/[@#!&%~$^*[](?=\S)/g, `$&${BREAK}`)
      // TRACKER-1, GL-1
      .replaceAll(/(?<=[A-Z][A-Z0-9_]+)-(?=\d)/g, `-${BREAK}`)
      // group/project>
      .replaceAll(/(?<=\S)>/g, `${BREAK}>`)
      .replaceAll(/:(?=\/\/)/g, `:${BREAK}`)
      .replaceAll(/www(?=\.)/gi, `$&${BREAK}`)
  );
}
