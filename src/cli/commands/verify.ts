import { hasFailed } from '../../finding.ts';
import { listImages } from '../../image/select/list-images.ts';
import { parsePlatform } from '../../platform/parse.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { printable } from '../../report/printable.ts';
import { formatSize } from '../../report/size.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { loadRecipe } from '../load-recipe.ts';
import { verifyArchive, type Verified } from '../verify-archive.ts';

const SCHEMA = 'forkwright.verify/v1';

export interface VerifyArguments {
  /** Archive file or layout folder, as the user named it. */
  readonly source: string;
  /** Name of a recipe of the workspace that the archive is held to; null for none. */
  readonly recipe: string | null;
  /** File with the image config of a root filesystem; null for none. */
  readonly config?: string | null;
  /** Platform of a root filesystem; null for none. */
  readonly platform?: string | null;
}

/**
 * `forkwright verify`: reads all of an archive and says everything that is wrong with it. Throws where there is nothing
 * to judge: see `verifyArchive`; `recipe.unknown-name`; `verify.broken-recipe` where the recipe has faults of its own.
 */
export async function verifyCommand(options: VerifyArguments, invocation: Invocation): Promise<CommandResult> {
  const recipe = options.recipe === null ? null : await loadRecipe(invocation.root, options.recipe);
  const { config = null, platform = null } = options;
  const given = { config, platform: platform === null ? null : parsePlatform(platform), recipe };
  const { archive, findings } = await verifyArchive(options.source, given, invocation);
  const images = archive === null ? [] : listImages(archive.set);
  return {
    schema: SCHEMA,
    json: {
      source: options.source,
      recipe: recipe?.name ?? null,
      format: archive?.format ?? null,
      sizeBytes: archive?.sizeBytes ?? null,
      blobs: archive?.blobCount ?? null,
      images: images.map(({ image, platform }) => ({
        digest: image.descriptor.digest,
        platform: platform === null ? null : formatPlatform(platform),
      })),
    },
    text: hasFailed(findings, false) ? '' : summarise(options.source, archive, images.length),
    findings,
  };
}

function summarise(source: string, archive: Verified['archive'], imageCount: number): string {
  if (archive === null) return '';
  const what = [count(imageCount, 'image'), count(archive.blobCount, 'blob'), formatSize(archive.sizeBytes)];
  return `${printable(source)}: verified ${what.join(', ')}\n`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
