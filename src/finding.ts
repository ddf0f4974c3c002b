export type Severity = 'error' | 'warning' | 'note';

/** What a check reports. The codes are stable and listed in docs/findings.md. */
export interface Finding {
  /** `area.what`, for example `recipe.unknown-key`. */
  readonly code: string;
  readonly severity: Severity;
  /** Where: `recipes/x.yaml:14:5`, `x.oci.tar: blobs/sha256/…`. */
  readonly place: string;
  /** What is wrong, with the value. */
  readonly text: string;
  /** What to do; null where nothing sensible can be said. */
  readonly hint: string | null;
  /** The lines around the place, for people; not part of the JSON. */
  readonly frame?: string;
}

/** Whether findings of these severities make a command end with 1. With `strict`, any finding does. */
export function hasFailed(findings: readonly Finding[], strict: boolean): boolean {
  return findings.some((finding) => strict || finding.severity === 'error');
}
