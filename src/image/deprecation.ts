import type { Finding } from '../finding.ts';

/** That archives of a kind will not be made for ever. */
export interface Deprecation {
  /** `export`, `save`. */
  readonly kind: string;
  /** The day from which there are none, `2027-01-01`. */
  readonly date: string;
}

/** Annotations of index.json, which belongs to the archive: in the config or a manifest they would change the image. */
const ANNOTATION = { kind: 'forkwright.archive.kind', date: 'forkwright.archive.deprecated' } as const;
const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const KIND = /^[a-z]{1,20}$/;

/** Gives the annotations that say in index.json that its archive is of a deprecated kind. */
export function toAnnotations({ kind, date }: Deprecation): Readonly<Record<string, string>> {
  return { [ANNOTATION.date]: date, [ANNOTATION.kind]: kind };
}

/** Reads what `toAnnotations` gave; null where annotations do not say it. */
export function readDeprecation(annotations: Readonly<Record<string, string>>): Deprecation | null {
  const { [ANNOTATION.kind]: kind = '', [ANNOTATION.date]: date = '' } = annotations;
  return KIND.test(kind) && isDate(date) ? { kind, date } : null;
}

/** Whether a value is a day as a deprecation names it. */
export function isDate(value: unknown): value is string {
  return typeof value === 'string' && DATE.test(value);
}

/** Says of an archive that it is of a deprecated kind. No clock is asked: the day may be past. */
export function sayDeprecated({ kind, date }: Deprecation, place: string): Finding {
  const text = `archives of this kind (${kind}) are deprecated: they are not made any more from ${date} on`;
  const hint = 'take another kind of the same release';
  return { code: 'archive.deprecated', severity: 'warning', place, text, hint };
}
