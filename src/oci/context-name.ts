import { formatFamiliar, type ImageReference } from './reference.ts';

/** Gives what BuildKit calls an image when it looks for a named context in its place. Specification: moby/buildkit, dockerfile2llb. */
export function contextName(reference: ImageReference): string {
  return formatFamiliar(reference).replace(/:latest$/, '');
}
