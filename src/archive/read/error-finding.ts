import type { ForkwrightError } from '../../errors.ts';
import type { Finding, Severity } from '../../finding.ts';

/** Gives an error as a finding, so that a check can go on behind it. */
export function errorFinding(error: ForkwrightError, place: string, severity: Severity = 'error'): Finding {
  return { code: error.code, severity, place, text: error.message, hint: error.hint ?? null };
}
