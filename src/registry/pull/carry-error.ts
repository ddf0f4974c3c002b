import { ForkwrightError, messageOf } from '../../errors.ts';

/** An error on its way to another thread, which gets nothing but the text of an error otherwise. */
export interface CarriedError {
  /** Null for errors that are not forkwright's. */
  readonly known: { readonly code: string; readonly place?: string; readonly hint?: string } | null;
  readonly message: string;
  /** What there is of `code` and `syscall` of the system's errors, and of the stack of a fault. */
  readonly properties: Readonly<Record<string, unknown>>;
}

const KEPT = ['code', 'syscall', 'errno', 'path', 'stack'];

/** Takes whatever was thrown, and gives what can be copied. */
export function packError(thrown: unknown): CarriedError {
  const message = messageOf(thrown);
  if (thrown instanceof ForkwrightError) {
    const { code, place, hint } = thrown;
    const known = { code, ...(place === undefined ? {} : { place }), ...(hint === undefined ? {} : { hint }) };
    return { known, message, properties: {} };
  }
  const all: Readonly<Record<string, unknown>> = Object(thrown);
  const properties = Object.fromEntries(KEPT.filter((key) => key in all).map((key) => [key, all[key]]));
  return { known: null, message, properties };
}

/** Gives the error as it was, but for its cause. */
export function unpackError({ known, message, properties }: CarriedError): Error {
  if (known === null) return Object.assign(new Error(message), properties);
  const { code, ...details } = known;
  return new ForkwrightError(code, message, details);
}
