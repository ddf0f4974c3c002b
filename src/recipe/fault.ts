import type { Severity } from '../finding.ts';

/** The way to a value inside a document: keys and list positions. */
export type Path = readonly (string | number)[];

/** Something wrong at a path of a document, before it has a line. */
export interface Fault {
  /** Without its area: `unknown-key`. */
  readonly code: string;
  readonly severity: Severity;
  readonly path: Path;
  /** Whether the value is meant, or the key itself, which `what` then names. */
  readonly at: 'key' | 'value';
  /** What is wrong; the path of the value, or of the map that has the key, is put in front of it. */
  readonly what: string;
  readonly hint: string | null;
  /** The key that the map at `path` lacks, where that is the fault. */
  readonly missing?: string | undefined;
}

export interface FaultDetails {
  readonly hint?: string | null;
  readonly at?: 'key' | 'value';
  readonly severity?: Severity;
  readonly missing?: string | undefined;
}

/** Takes a fault while a document is being checked; checking goes on. */
export type Report = (path: Path, code: string, what: string, details?: FaultDetails) => void;

/** Gives a Report that puts the faults into a list. */
export function reportInto(faults: Fault[]): Report {
  return (path, code, what, { hint = null, at = 'value', severity = 'error', missing } = {}) => {
    faults.push({ code, severity, path, at, what, hint, missing });
  };
}

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Gives a path as people write it: `platforms[1].image.labels["a.b"]`; '' for the document itself. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!PLAIN_KEY.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}
