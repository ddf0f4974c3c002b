import { ForkwrightError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import { quoted } from './quoted.ts';

/**
 * Checks what image names can begin with, a registry host with or without a path, and gives it back. A host is told
 * from a path by its dot or port, as in image names. Throws `recipe.invalid-value`.
 */
export function parseRegistryPrefix(text: string): string {
  const [host = '', ...path] = text.split('/');
  const isPrefix = isRegistryHost(host) && path.every((part) => part !== '') && isReference(`${text}/name`);
  if (isPrefix) return text;
  const hint = 'a host with a dot or a port, and a path where one is wanted: registry.example.com/releng';
  throw new ForkwrightError('recipe.invalid-value', `${quoted(text)} is not a registry`, { hint });
}

/** Checks the host of a registry that is mirrored, as image names have it: docker.io, localhost:5000. */
export function parseRegistryHost(text: string): string {
  if (isRegistryHost(text)) return text;
  const hint = 'the host alone, with its port: docker.io, localhost:5000';
  throw new ForkwrightError('recipe.invalid-value', `${quoted(text)} is not a registry host`, { hint });
}

function isRegistryHost(text: string): boolean {
  return isReference(`${text}/name`) && parseReference(`${text}/name`).registry === text;
}

function isReference(text: string): boolean {
  try {
    const { tag, digest } = parseReference(text);
    return tag === null && digest === null;
  } catch (error) {
    if (error instanceof ForkwrightError) return false;
    throw error;
  }
}
