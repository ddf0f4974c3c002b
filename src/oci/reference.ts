import { ForkwrightError } from '../errors.ts';
import { isDigest, type Digest } from './digest.ts';

/**
 * A parsed image name. Specification: distribution/reference, with Docker's familiar names: `alpine:3.20` is
 * `docker.io/library/alpine:3.20`.
 */
export interface ImageReference {
  /** Host with port: `docker.io`, `localhost:5000`. */
  readonly registry: string;
  /** `library/alpine`. */
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: Digest | null;
}

const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const HOST =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const MAX_REPOSITORY_LENGTH = 255;

/** Whether a text can be a tag. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/**
 * Takes an image name as people write it and gives its parts, familiar names filled in.
 * A name without tag and digest keeps both null; `latest` is not guessed. Throws `reference.malformed`.
 */
export function parseReference(text: string): ImageReference {
  const at = text.indexOf('@');
  const digest = at === -1 ? null : text.slice(at + 1);
  if (digest !== null && !isDigest(digest)) throw malformed(text, `${JSON.stringify(digest)} is not a digest`);
  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon === -1 ? null : named.slice(colon + 1);
  if (tag !== null && !isTag(tag)) throw malformed(text, `${JSON.stringify(tag)} is not a tag`);
  const { registry, repository } = splitName(colon === -1 ? named : named.slice(0, colon));
  if (!HOST.test(registry)) throw malformed(text, `${JSON.stringify(registry)} is not a registry host`);
  if (!PATH.test(repository) || repository.length > MAX_REPOSITORY_LENGTH) {
    const hint = /[A-Z]/.test(repository)
      ? 'repository names are lower case'
      : 'it looks like alpine:3.20 or host:5000/path/name:tag';
    throw malformed(text, `${JSON.stringify(repository)} is not a repository name`, hint);
  }
  return { registry, repository, tag, digest };
}

/** The first part is a host only if it has a dot or a port, or is localhost. Specification: distribution/reference. */
function splitName(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost = /[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const registry = isHost ? first : 'docker.io';
  const repository = isHost ? name.slice(slash + 1) : name;
  const isDocker = registry === 'docker.io' || registry === 'index.docker.io';
  return isDocker
    ? { registry: 'docker.io', repository: repository.includes('/') ? repository : `library/${repository}` }
    : { registry, repository };
}

function malformed(
  text: string,
  why: string,
  hint = 'it looks like alpine:3.20 or host:5000/path/name:tag',
): ForkwrightError {
  return new ForkwrightError('reference.malformed', `${JSON.stringify(text)} is not an image name: ${why}`, { hint });
}

/** Gives the whole name: `docker.io/library/alpine:3.20@sha256:…`. */
export function formatReference(reference: ImageReference): string {
  const tag = reference.tag === null ? '' : `:${reference.tag}`;
  const digest = reference.digest === null ? '' : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}

/** Gives the name as people write it: `alpine:3.20`. `parseReference` takes it back to the same reference. */
export function formatFamiliar(reference: ImageReference): string {
  const { registry, repository } = reference;
  const whole = formatReference(reference);
  if (registry !== 'docker.io') return whole;
  const short = repository.replace(/^library\/(?=[^/]+$)/, '');
  const read = splitName(short);
  // `docker.io/foo.bar/x` must keep its host: without it, foo.bar would be read as one.
  const isReadBack = read.registry === registry && read.repository === repository;
  return isReadBack ? short + whole.slice(`${registry}/${repository}`.length) : whole;
}
