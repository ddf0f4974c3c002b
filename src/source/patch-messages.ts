/*
 * Patch files as texts: mails of `git format-patch`, one or several in a file, or a plain diff. A patch has the bytes of the
 * files that it changes, in whatever encoding: all texts here have one character per byte (latin1).
 */

// git-mailsplit(1): what `git format-patch` puts at the head of every mail. Hunks have no line that begins with a letter.
const MAIL_START = /^(?=From [0-9a-f]{40,64} Mon Sep 17 00:00:00 2001\r?$)/m;
const DIFF_START = /^(?:diff --git |--- \S[^\n]*\n\+\+\+ \S[^\n]*\n@@ )/m;
const OF_PLAIN_DIFF = /^(?=--- \S[^\n]*\n\+\+\+ \S[^\n]*\n@@ )/m;

/** Gives the messages of a patch file, each with a diff: what has none, a cover letter, stays with the one behind it. */
export function splitMessages(file: string): readonly string[] {
  const messages: string[] = [];
  let waiting = '';
  for (const mail of file.split(MAIL_START)) {
    waiting += mail;
    if (!DIFF_START.test(mail)) continue;
    messages.push(waiting);
    waiting = '';
  }
  if (waiting === '' && messages.length > 0) return messages;
  return [...messages.slice(0, -1), (messages.at(-1) ?? '') + waiting];
}

/** Gives a message's head, which `git apply` passes over, and its diff with what comes behind it. */
export function splitHead(message: string): { readonly head: string; readonly diff: string } {
  const start = DIFF_START.exec(message)?.index ?? message.length;
  return { head: message.slice(0, start), diff: message.slice(start) };
}

/** Gives the diff of a message file by file. */
export function splitFiles(message: string): readonly string[] {
  const { diff } = splitHead(message);
  return diff.split(diff.startsWith('diff --git ') ? /^(?=diff --git )/m : OF_PLAIN_DIFF);
}

/** Whether a message says by their hashes which versions of files it was made for. */
export function namesVersions(message: string): boolean {
  return /^index (?!0+\.)[0-9a-f]{4,}\.\.[0-9a-f]{4,}/m.test(splitHead(message).diff);
}

const SEPARATOR = /^---[ \t]*\r?\n/m;
const STAT =
  /^ (?:.+ \| +(?:\d+(?: [+-]+)?|Bin.*)|\d+ files? changed.*|(?:create|delete) mode .*|mode change .*|(?:rename|copy|rewrite) .*)\r?\n/gm;
// In the headers of a mail, which end at the first empty line.
const NUMBERED = /^((?:[^\r\n][^\n]*\n)*?Subject: \[(?:[^\]\n]* )?PATCH[^\]\n]*?) \d+\/\d+\]/;
// At the end of the text.
const PLAIN_TITLES = /(?:(?<![^\n])(?:diff -|Index: |={60,})[^\n]*\n)+$/;

/**
 * Writes a message with another diff. What it says stays byte for byte: author, date, subject, text, notes below `---`; a
 * plain diff stays one. As `git format-patch --no-numbered --zero-commit --no-signature` writes it, so that nothing in it
 * depends on what does not change the source. `stat` is put where the message had one.
 */
export function rewriteMessage(
  message: string,
  { stat, diff }: { readonly stat: string; readonly diff: string },
): string {
  const mails = splitHead(message).head.split(MAIL_START);
  const head = mails.at(-1) ?? '';
  const separator = SEPARATOR.exec(head);
  const end = separator === null ? head.length : separator.index + separator[0].length;
  const said = head
    .slice(0, end)
    .replace(/^From ([0-9a-f]{40,64})(?= Mon Sep 17 00:00:00 2001\r?\n)/, (_, hash: string) => `From ${zeros(hash)}`)
    .replace(NUMBERED, '$1]')
    .replace(PLAIN_TITLES, '');
  const coverLetter = mails.slice(0, -1).join('');
  return coverLetter + said + replaceStat(head.slice(end), stat) + diff;
}

function zeros(hash: string): string {
  return '0'.repeat(hash.length);
}

function replaceStat(notes: string, stat: string): string {
  const lines = [...notes.matchAll(STAT)];
  const [first, last] = [lines[0], lines.at(-1)];
  if (first === undefined || last === undefined) return notes;
  return notes.slice(0, first.index) + stat + notes.slice(last.index + last[0].length);
}
