import { ForkwrightError } from '../errors.ts';
import { contextName } from '../oci/context-name.ts';
import { formatReference, parseReference, type ImageReference } from '../oci/reference.ts';
import { NO_PINS, type TargetPins } from '../recipe/target.ts';

/** Registry host to the mirror's host, with a path where one is wanted. */
export type Mirrors = Readonly<Record<string, string>>;

/** A named context of a build: what it is called in the Dockerfile, and what is taken in its place. */
export interface NamedContext {
  readonly name: string;
  readonly value: string;
}

/**
 * Gives the named contexts that have images taken from mirrors. BuildKit looks a context up by the image's familiar name,
 * so nothing of a mirror has to stand in a Dockerfile; a name without a digest gets that of its pin. Names that are no image's
 * are passed over: BuildKit refuses them.
 */
export function mirrorContexts(
  images: readonly string[],
  mirrors: Mirrors,
  pins: TargetPins['images'] = NO_PINS.images,
): readonly NamedContext[] {
  return images.flatMap((image) => {
    const reference = readReference(image);
    const mirror = reference === null ? undefined : mirrors[reference.registry];
    if (reference === null || mirror === undefined) return [];
    const { registry } = reference;
    const mirrored = `${mirror}${formatReference(reference).slice(registry.length)}`;
    const pin = reference.digest === null ? pins.get(formatReference(reference)) : undefined;
    const digest = pin === undefined ? '' : `@${pin.onBuilder}`;
    return [{ name: contextName(reference), value: `docker-image://${mirrored}${digest}` }];
  });
}

function readReference(image: string): ImageReference | null {
  try {
    return parseReference(image);
  } catch (error) {
    if (error instanceof ForkwrightError) return null;
    throw error;
  }
}
