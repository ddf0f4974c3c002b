import { listImageUses } from '../build/dockerfile-images.ts';
import { formatReference, parseReference, type ImageReference } from '../oci/reference.ts';
import { needsEngine } from '../recipe/needs-engine.ts';
import { listRegistryImages } from '../recipe/registry-images.ts';
import { NO_PINS, type Target } from '../recipe/target.ts';
import { contextNames, isReference } from './pin-dockerfile.ts';

/** An image of a registry that a target is made from. */
export interface TargetImage {
  /** As the recipe or a template has it. */
  readonly reference: ImageReference;
  /** What a lock calls it. */
  readonly key: string;
  /** Whether it runs on the machine that builds; else it is of the target's platform. */
  readonly isOnBuilder: boolean;
}

/**
 * Lists the images that a target is made from, by its rendered Dockerfile; the native builder takes those that the recipe
 * names, and no tools. A digest of a lock in the Dockerfile is one of the recipe's here: hand in one without.
 */
export function listTargetImages(target: Target, dockerfile: string): readonly TargetImage[] {
  if (!needsEngine(target)) {
    return listRegistryImages({ ...target, pins: NO_PINS }).map((reference) => {
      return { reference, key: formatReference(reference), isOnBuilder: false };
    });
  }
  return listImageUses(dockerfile, {}, contextNames(target)).flatMap(({ name, isOnBuilder }) => {
    if (!isReference(name)) return [];
    const reference = parseReference(name);
    return [{ reference, key: formatReference(reference), isOnBuilder }];
  });
}
