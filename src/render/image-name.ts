import { formatFamiliar, formatReference, type ImageReference } from '../oci/reference.ts';

/**
 * Gives an image's name as it stands behind FROM and `COPY --from`: as people write it, but in full where it has neither
 * tag nor digest, since a stage of that name would be taken for it (`build`).
 */
export function imageName(reference: ImageReference): string {
  const isBare = reference.tag === null && reference.digest === null;
  return isBare ? formatReference(reference) : formatFamiliar(reference);
}
