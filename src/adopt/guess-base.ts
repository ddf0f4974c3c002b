import { ForkwrightError } from '../errors.ts';
import { formatFamiliar, parseReference, type ImageReference } from '../oci/reference.ts';
import type { OsRelease } from './os-release.ts';

/** What an image seems to be made on. */
export interface BaseGuess {
  /** For `image.base` of a recipe. */
  readonly base: string;
  /** What it is guessed by; null where the image itself says it. */
  readonly guess: string | null;
}

export interface BaseFacts {
  /** Null where the image has no /etc/os-release. */
  readonly osRelease: OsRelease | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether Debian's slimming of documentation is configured. */
  readonly isSlim: boolean;
  /** Whether there is a shell of busybox. */
  readonly hasBusybox: boolean;
}

const BASE_NAME = 'org.opencontainers.image.base.name';

/**
 * Guesses the base of an image: by the label of its name, by /etc/os-release (Alpine 3.20.3 is `alpine:3.20`), else it is
 * scratch. A label is a guess too where it is of another distribution: labels are inherited from base to base.
 */
export function guessBase(facts: BaseFacts): BaseGuess {
  const { osRelease, labels } = facts;
  const name = labels[BASE_NAME];
  const labelled = name === undefined ? null : readReference(name);
  if (labelled !== null) {
    const isSure = osRelease !== null && agrees(labelled, osRelease);
    return { base: formatFamiliar(labelled), guess: isSure ? null : `by the label ${BASE_NAME}` };
  }
  if (osRelease === null) {
    return facts.hasBusybox
      ? { base: 'busybox:latest', guess: 'it has the shell of busybox and no /etc/os-release' }
      : { base: 'scratch', guess: 'it has no /etc/os-release' };
  }
  const { id, prettyName, versionId } = osRelease;
  const what = `by /etc/os-release: ${prettyName === '' ? `${id} ${versionId}` : prettyName}`;
  if (prettyName === 'Distroless')
    return { base: 'scratch', guess: `${what}, an image of its own of Debian's packages` };
  const image = imageOf(facts, osRelease);
  return image !== null && readReference(image) !== null
    ? { base: image, guess: what }
    : { base: 'scratch', guess: `${what}, of which the image's name is not known` };
}

function imageOf({ isSlim }: BaseFacts, { id, versionId, codename }: OsRelease): string | null {
  const [major = '', minor = ''] = versionId.split('.');
  switch (id) {
    case 'alpine':
      return minor === '' || /_|alpha|edge/.test(versionId) ? 'alpine:edge' : `alpine:${major}.${minor}`;
    case 'debian':
      return `debian:${codename || versionId || 'sid'}${isSlim ? '-slim' : ''}`;
    case 'wolfi':
      return 'cgr.dev/chainguard/wolfi-base:latest';
    case 'rhel':
      return `registry.access.redhat.com/ubi${major}/ubi-minimal:${versionId}`;
    case 'ol':
      return `oraclelinux:${major}`;
    case 'amzn':
      return `amazonlinux:${versionId}`;
    case 'rocky':
      return `rockylinux:${major}`;
    case '':
      return null;
    default:
      return `${id}:${versionId || 'latest'}`;
  }
}

function agrees({ repository, tag }: ImageReference, { id, versionId, codename }: OsRelease): boolean {
  if (repository.split('/').at(-1) !== id || tag === null) return false;
  const plain = tag.split('-', 1)[0] ?? '';
  return plain === codename || versionId === plain || versionId.startsWith(`${plain}.`);
}

function readReference(text: string): ImageReference | null {
  try {
    const reference = parseReference(text);
    return reference.tag === null && reference.digest === null ? { ...reference, tag: 'latest' } : reference;
  } catch (error) {
    if (error instanceof ForkwrightError) return null;
    throw error;
  }
}
