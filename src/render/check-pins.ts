import type { Finding } from '../finding.ts';
import { lockPath } from '../lock/lock.ts';
import { formatFamiliar } from '../oci/reference.ts';
import { compareText } from '../platform/order.ts';
import type { ResolvedRecipe, Target } from '../recipe/target.ts';
import { listTargetImages, type TargetImage } from './image-uses.ts';

/** Lists the images of a target, by its Dockerfile as it is rendered with the lock, that neither a digest nor a lock pins. */
export function listFloating(
  target: Target,
  { lock }: Pick<ResolvedRecipe, 'lock'>,
  dockerfile: string,
): readonly string[] {
  const isPinned = ({ reference, key }: TargetImage) => {
    // What another recipe of the workspace publishes is decided by that one's lock.
    return reference.digest !== null || target.pins.images.has(key) || lock?.images.get(key)?.kind === 'recipe';
  };
  return listTargetImages(target, dockerfile).flatMap((image) =>
    isPinned(image) ? [] : [formatFamiliar(image.reference)],
  );
}

/** Says which images of a recipe float: `lock.missing` where it has no lock, `lock.incomplete` where that lacks them. */
export function describeFloating(
  { name, file, lock }: ResolvedRecipe,
  floating: readonly string[],
): readonly Finding[] {
  if (floating.length === 0) return [];
  const images = [...new Set(floating)].toSorted(compareText);
  const subject = `${images.join(', ')} ${images.length === 1 ? 'is what its registry has' : 'are what their registries have'}`;
  const hint = `run \`forkwright lock ${name}\` and commit ${lockPath(name)}`;
  const common = { severity: 'warning', place: file, hint } as const;
  if (lock === null) return [{ code: 'lock.missing', ...common, text: `there is no lock: ${subject} on the day` }];
  return [{ code: 'lock.incomplete', ...common, text: `the lock lacks an image: ${subject} on the day` }];
}
