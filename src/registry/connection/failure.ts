import { ForkwrightError, isSystemError } from '../../errors.ts';
import { TransientError } from '../../http/retry.ts';
import { innermostCause, isCertificateError } from '../../http/transient.ts';
import type { Credentials } from '../access/credentials.ts';
import type { Refusal } from './refusal.ts';
import { BodyLengthError, WireError } from './wire-error.ts';

/** What is being done, for errors. */
export interface Operation {
  /** `sending the blob sha256:…`. */
  readonly label: string;
  /** `localhost:5000/team/app`. */
  readonly place: string;
  /** Ends it, by Ctrl-C or because it takes too long. */
  readonly signal: AbortSignal;
}

const TRY_LATER = 'try again later; what is there already is not sent again';
const CHECK_NETWORK = 'check the name of the registry, the network and the proxy';

/** An error of an operation that is not worth another try. */
export function makeFailure(
  code: string,
  operation: Operation,
  why: string,
  hint: string | null,
  cause?: unknown,
): ForkwrightError {
  const { label, place } = operation;
  return new ForkwrightError(code, `${label}: ${why}`, { place, ...(hint === null ? {} : { hint }), cause });
}

/** An error of an operation that may pass. */
export function makePassing(
  operation: Operation,
  why: string,
  details: { readonly waitMs?: number | null; readonly isCut?: boolean; readonly hasAdvanced?: boolean } = {},
  cause?: unknown,
): TransientError {
  const { label, place } = operation;
  return new TransientError('registry.gave-up', `${label}: ${why}`, { place, hint: TRY_LATER, cause, ...details });
}

/**
 * Says what an error of the wire means for an operation: `registry.certificate`, `registry.unreachable`, or a TransientError.
 * Errors of other kinds, such as those of a body's source, are given back as they are.
 */
export function judgeLoss(error: unknown, operation: Operation, host: string): unknown {
  if (error instanceof BodyLengthError) {
    const hint = 'the archive changed while it was read, or is not what it says; `forkwright verify` tells';
    return makeFailure('registry.bad-content', operation, `its source has ${error.message}`, hint);
  }
  if (!(error instanceof WireError)) return error;
  const cause = innermostCause(error);
  if (isCertificateError(cause)) {
    const why = `the certificate of ${host} is not trusted (${codeOf(cause)})`;
    const hint = '--ca-file names a file with its authority, --insecure takes any certificate';
    return makeFailure('registry.certificate', operation, why, hint, cause);
  }
  if (isSystemError(cause, 'ENOTFOUND')) {
    return makeFailure('registry.unreachable', operation, `there is no host ${host}`, CHECK_NETWORK, cause);
  }
  if (/^(?:EPROTO|ERR_SSL_\w+)$/.test(codeOf(cause))) {
    const hint = '--insecure is for registries without TLS, or with any certificate';
    return makeFailure('registry.unreachable', operation, `${host} does not speak TLS`, hint, cause);
  }
  if (isSystemError(cause, 'ERR_INVALID_CHAR')) {
    const hint = 'check the credentials for this host: a line break is none of their characters';
    return makeFailure('registry.credentials', operation, 'such a request cannot be made', hint);
  }
  if (error.kind === 'cut') {
    return makePassing(operation, `the connection to ${host} was lost`, { isCut: true }, cause);
  }
  if (error.kind === 'silent') {
    return makePassing(operation, `${host} fell silent`, {}, cause);
  }
  const { label, place } = operation;
  const why = `${host} cannot be reached (${codeOf(cause)})`;
  return new TransientError('registry.unreachable', `${label}: ${why}`, { place, hint: CHECK_NETWORK, cause });
}

/** Says what a refusal means for an operation. `credentials`: those that were shown, null where there are none. */
export function judgeRefusal(
  refusal: Refusal,
  operation: Operation,
  registry: string,
  credentials: Credentials | null,
): ForkwrightError {
  const why = `the registry answered ${refusal.text}`;
  const login = `docker login ${registry === 'docker.io' ? '' : registry}`.trim();
  switch (refusal.status) {
    case 401: {
      const hint =
        credentials === null
          ? `no credentials for ${registry} were found: \`${login}\` stores some`
          : `the credentials of ${credentials.source} are not taken: \`${login}\` stores new ones`;
      return makeFailure('registry.unauthorized', operation, why, hint);
    }
    case 403: {
      const hint =
        credentials === null
          ? `it was asked without credentials: \`${login}\` stores some`
          : `the credentials of ${credentials.source} do not allow it: ask whoever keeps the repository`;
      return makeFailure('registry.denied', operation, why, hint);
    }
    case 404:
    case 410:
      return makeFailure(
        'registry.not-found',
        operation,
        why,
        'check the name of the repository, the tag and the digest',
      );
    case 413:
      return makeFailure('registry.too-large', operation, why, 'a limit of the registry or of a proxy in front of it');
    default:
      return makeFailure('registry.refused', operation, why, null);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no reason';
}
