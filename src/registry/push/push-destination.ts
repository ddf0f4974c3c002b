import { ForkwrightError } from '../../errors.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatReference, parseReference, type ImageReference } from '../../oci/reference.ts';
import { DEFAULT_TAG } from '../source/registry-source.ts';

/** A name that something is pushed under, as the user gave it. */
export interface PushReference {
  /** Without its digest: what stands before `@` in the report. */
  readonly text: string;
  readonly registry: string;
  readonly repository: string;
  /** Null where it is pushed by its digest only. */
  readonly tag: string | null;
  /** What must be pushed under it; null where nothing is said. */
  readonly digest: Digest | null;
}

/** A repository with the tags that it is to have in the end. */
export interface PushTarget {
  readonly registry: string;
  readonly repository: string;
  readonly tags: readonly string[];
}

/**
 * Takes a name to push to, `docker://` in front or not. Without tag and digest it is `latest`, as docker, crane and skopeo
 * have it; with a digest alone no tag is written. Throws `reference.malformed`.
 */
export function parsePushReference(text: string): PushReference {
  const { registry, repository, tag, digest } = parseReference(text.replace(/^docker:\/\//, ''));
  const named: ImageReference = { registry, repository, tag, digest: null };
  return {
    text: text.includes('@') ? formatReference(named) : text.replace(/^docker:\/\//, ''),
    registry,
    repository,
    tag: tag ?? (digest === null ? DEFAULT_TAG : null),
    digest,
  };
}

/** Groups names by repository, in the order in which they were given; the first of a registry is the one others mount from. */
export function groupTargets(references: readonly PushReference[]): readonly PushTarget[] {
  const groups = new Map<string, { readonly first: PushReference; readonly tags: Set<string> }>();
  for (const reference of references) {
    const key = `${reference.registry}/${reference.repository}`;
    const group = groups.get(key) ?? { first: reference, tags: new Set() };
    groups.set(key, group);
    if (reference.tag !== null) group.tags.add(reference.tag);
  }
  return [...groups.values()].map(({ first: { registry, repository }, tags }) => ({
    registry,
    repository,
    tags: [...tags],
  }));
}

/** Refuses a name with the digest of something else. Throws `push.other-digest`. */
export function requireDigests(references: readonly PushReference[], digest: Digest): void {
  const wrong = references.find((reference) => reference.digest !== null && reference.digest !== digest);
  if (wrong === undefined) return;
  const text = `what is to be pushed has the digest ${digest}, the name says ${wrong.digest}`;
  throw new ForkwrightError('push.other-digest', text, {
    place: wrong.text,
    hint: 'push by tag, or leave --platform out where the digest is that of the whole index',
  });
}
