import type { Finding } from '../finding.ts';
import { formatFamiliar, formatReference, type ImageReference } from '../oci/reference.ts';
import { listRegistryImages, replaceRegistryImages } from '../recipe/registry-images.ts';
import type { Target } from '../recipe/target.ts';
import type { ImageStore } from '../registry/source/image-store.ts';

/**
 * Gives a target whose images of registries all have a digest: the recipe's, the lock's, or what the tag has today, which
 * is said. Throws what `resolve` throws.
 */
export async function pinImages(
  target: Target,
  { resolve }: Pick<ImageStore, 'resolve'>,
): Promise<{ readonly target: Target; readonly findings: readonly Finding[] }> {
  const pinned = new Map<string, ImageReference>();
  const findings: Finding[] = [];
  for (const reference of listRegistryImages(target)) {
    const digest = await resolve(reference);
    pinned.set(formatReference(reference), { ...reference, digest });
    if (reference.digest !== null) continue;
    const place = formatFamiliar(reference);
    const text = `nothing pins it, and it was built from what it is today: ${digest}`;
    const hint = `\`forkwright lock ${target.recipe}\` pins it; so does ${place}@${digest} in the recipe`;
    findings.push({ code: 'build.floating-image', severity: 'note', place, text, hint });
  }
  return { target: replaceRegistryImages(target, (each) => pinned.get(formatReference(each)) ?? each), findings };
}
