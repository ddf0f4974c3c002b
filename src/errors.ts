/** What every error of forkwright carries besides its text. */
export interface ErrorDetails {
  /** Where: a file with line and column, an archive with the entry, a URL without its query. */
  readonly place?: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * An error that forkwright expects and can explain. Everything else that is thrown is a fault of the program.
 * `code` is stable (`archive.truncated`) and what callers match on, never the text.
 */
export class ForkwrightError extends Error {
  override readonly name: string = 'ForkwrightError';
  readonly code: string;
  readonly place: string | undefined;
  readonly hint: string | undefined;

  constructor(code: string, text: string, details: ErrorDetails = {}) {
    super(text, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.place = details.place;
    this.hint = details.hint;
  }
}

/** The message of anything that was thrown, for use as the cause in another text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Whether what was thrown is a system error of Node with this code (`ENOENT`). */
export function isSystemError(thrown: unknown, ...codes: string[]): boolean {
  return thrown instanceof Error && 'code' in thrown && codes.some((code) => thrown.code === code);
}
