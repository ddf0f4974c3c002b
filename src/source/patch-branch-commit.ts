/** What a commit that is made of a patch consists of. */
export interface PatchCommit {
  readonly tree: string;
  readonly parent: string;
  readonly author: string;
  readonly email: string;
  /** Seconds since 1970. */
  readonly epochSeconds: number;
  /** `+0100` */
  readonly zone: string;
  readonly subject: string;
  /** Without the subject; '' for none. */
  readonly body: string;
}

/** What `git mailinfo` says of a patch; '' for what the file does not say. */
export interface MailHeaders {
  readonly author: string;
  readonly email: string;
  readonly subject: string;
  /** As RFC 5322 writes it. */
  readonly date: string;
}

// A reserved domain (RFC 2606): nobody's address.
const COMMITTER = 'forkwright <forkwright@forkwright.invalid>';
const DATE = /^(?:[A-Z][a-z]{2}, )?(\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2}) ([+-]\d{4})$/;

/** Reads what `git mailinfo` prints. Specification: git-mailinfo(1). */
export function parseMailHeaders(text: string): MailHeaders {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return { author: field('Author'), email: field('Email'), subject: field('Subject'), date: field('Date') };
}

/** Reads the date of a mail, with its zone; null for none. Specification: RFC 5322, section 3.3. */
export function parseMailDate(text: string): { readonly epochSeconds: number; readonly zone: string } | null {
  const [, time, zone] = DATE.exec(text.trim()) ?? [];
  if (time === undefined || zone === undefined) return null;
  const epochSeconds = Date.parse(`${time} ${zone}`) / 1000;
  // git keeps no time before 1970.
  return Number.isInteger(epochSeconds) && epochSeconds >= 0 ? { epochSeconds, zone } : null;
}

/**
 * Gives a commit as git stores it: by the patch's author, at the patch's date, committed by forkwright at that same date, so
 * that the same patch on the same commit always is the same commit. Specification: git-commit-tree(1), "git cat-file commit".
 */
export function composeCommit(commit: PatchCommit): string {
  const { tree, parent, epochSeconds, zone, subject, body } = commit;
  const time = `${epochSeconds} ${zone}`;
  const person = formatPerson(commit);
  const message = [subject, ...(body.trim() === '' ? [] : ['', body.replace(/^\n+|\s+$/g, '')])].join('\n');
  const headers = [`tree ${tree}`, `parent ${parent}`, `author ${person} ${time}`, `committer ${COMMITTER} ${time}`];
  return `${headers.join('\n')}\n\n${withoutNul(message)}\n`;
}

/** Whoever has no name is called by the address; a patch without either is forkwright's. */
function formatPerson({ author, email }: PatchCommit): string {
  const [name, address] = [cleanPerson(author), cleanPerson(email)];
  if (name === '' && address === '') return COMMITTER;
  return `${name === '' ? address : name} <${address}>`;
}

/** Without what would end the name or the line. Specification: git's ident.c. */
function cleanPerson(text: string): string {
  return withoutNul(text)
    .replaceAll(/[<>\n\r]/g, '')
    .replaceAll(/^[\s.,:;"'\\]+|[\s.,:;"'\\]+$/g, '');
}

function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}
