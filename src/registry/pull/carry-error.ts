import { ForkwrightError, messageOf } from '../../errors.ts';

/** An error on its way to another thread, which gets nothing but the text of an error otherwise. */
export interface CarriedError {
  /** Null for errors that are not forkwright's. */
  readonly known: { readonly code: string; readonly place?: string; readonly hint?: string } | null;
  readonly message: string;
  /** Of the system's errors: `code`, `syscall`. */
  readonly properties: Readonly<Record<string, unknown>>;
}

export function packError(thrown: unknown): CarriedError {
  const message = messageOf(thrown);
  if (!(thrown instanceof ForkwrightError)) {
    const { code, syscall, errno, path } = Object.assign({ code: undefined }, thrown) as Record<string, unknown>;
    return { known: null, message, properties: { code, syscall, errno, path } };
  }
  const { code, place, hint } = thrown;
  const known = { code, ...(place === undefined ? {} : { place }), ...(hint === undefined ? {} : { hint }) };
  return { known, message, properties: {} };
}

export function unpackError({ known, message, properties }: CarriedError): Error {
  if (known === null) return Object.assign(new Error(message), properties);
  const { code, ...details } = known;
  return new ForkwrightError(code, message, details);
}
