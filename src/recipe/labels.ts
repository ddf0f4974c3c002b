import { formatReference } from '../oci/reference.ts';
import { compareText } from '../platform/order.ts';
import type { TargetFields } from './recipe-schema.ts';
import type { Base, EnvEntry, TargetPins } from './target.ts';

/** What the labels of an image are made of. */
export interface LabelInput {
  readonly recipe: string;
  readonly fields: Partial<TargetFields>;
  readonly base: Base;
  /** null where nothing says one. */
  readonly version: string | null;
  /** The upstream's; null where it is open. */
  readonly commit: string | null;
  readonly pins: TargetPins['images'];
  /** Those of forkwright.yaml. */
  readonly defaults: Readonly<Record<string, string>>;
}

/**
 * Gives the labels of a target, sorted: the workspace's, over them those that the recipe's other keys say, over them
 * the recipe's own. Specification: OCI image-spec, annotations.md.
 */
export function makeLabels(input: LabelInput): readonly EnvEntry[] {
  const { recipe, fields, base, version, commit, pins, defaults } = input;
  const { title, description, licenses, homepage, upstream, image } = fields;
  const reference = base.type === 'image' ? base.reference : null;
  const made: Readonly<Record<string, string | null | undefined>> = {
    title: title ?? recipe,
    description: description === undefined ? null : foldLines(description),
    source: upstream?.git,
    revision: commit,
    version,
    licenses,
    url: homepage,
    'base.name': reference === null ? null : formatReference({ ...reference, digest: null }),
    'base.digest': reference === null ? null : (reference.digest ?? pins.get(formatReference(reference))?.onTarget),
  };
  const computed = Object.entries(made).flatMap(([name, value]): readonly (readonly [string, string])[] =>
    value === null || value === undefined || value === '' ? [] : [[`org.opencontainers.image.${name}`, value]],
  );
  const labels = { ...defaults, ...Object.fromEntries(computed), ...image?.labels };
  return Object.entries(labels)
    .map(([name, value]) => ({ name, value }))
    .toSorted((a, b) => compareText(a.name, b.name));
}

/** A text of several lines as one: every run of white space is a space. */
export function foldLines(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
