import { isSystemError, messageOf } from '../../errors.ts';

/** The network failed; what came of a body's source is thrown as it is. `cause` is Node's error. */
export class WireError extends Error {
  /** The connection stood and was lost, nothing came for too long, or it is something else. */
  readonly kind: 'cut' | 'silent' | 'other';

  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    const isCut = isSystemError(cause, 'ECONNRESET', 'EPIPE', 'ECONNABORTED');
    const isSilent = cause instanceof SilenceError || isSystemError(cause, 'ETIMEDOUT');
    this.kind = isCut ? 'cut' : isSilent ? 'silent' : 'other';
  }
}

/** Nothing came for longer than is waited. */
export class SilenceError extends Error {}

/** What a body turned out to have another length than; nothing that a registry does can mend it. */
export class BodyLengthError extends Error {}
