// What goes away by itself: containerd, skopeo and crane each forget some of them.
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 499, 500, 502, 503, 504, 522]);

/** Whether an answer with this status may be another one when the request is made again. */
export function isTransientStatus(status: number): boolean {
  return TRANSIENT.has(status);
}

/**
 * How long a server asks to wait, in milliseconds, from its headers; null where it does not say. `getHeader` takes a name in
 * lower case. Specification: RFC 9110, 10.2.3: seconds, or a date, which is seen from the server's own clock.
 */
export function readRetryAfter(getHeader: (name: string) => string | null): number | null {
  const text = getHeader('retry-after') ?? '';
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.parse(getHeader('date') ?? '');
  return Number.isNaN(waitMs) ? null : Math.max(waitMs, 0);
}

/** What is at the bottom of an error: fetch says "fetch failed", and Node gathers the errors of a host's addresses. */
export function innermostCause(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermostCause(error.errors[0]);
  return error instanceof Error && error.cause !== undefined ? innermostCause(error.cause) : error;
}

/** Whether an error is about a certificate that is not trusted, has expired, or is of another host. */
export function isCertificateError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /CERT|VERIFY_LEAF/.test(String(error.code));
}
