import { ForkwrightError } from '../../errors.ts';
import { hasFailed } from '../../finding.ts';
import { listImages } from '../../image/list-images.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { loadWorkspace } from '../../recipe/load.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import { printable } from '../../report/printable.ts';
import { formatSize } from '../../report/size.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { verifyArchive, type Verified } from '../verify-archive.ts';

const SCHEMA = 'forkwright.verify/v1';

export interface VerifyArguments {
  /** Archive file or layout folder, as the user named it. */
  readonly source: string;
  /** Name of a recipe of the workspace that the archive is held to; null for none. */
  readonly recipe: string | null;
}

/**
 * `forkwright verify`: reads all of an archive and says everything that is wrong with it. Throws where there is nothing
 * to judge: see `verifyArchive`; `recipe.unknown-name`; `verify.broken-recipe` where the recipe has faults of its own.
 */
export async function verifyCommand(options: VerifyArguments, invocation: Invocation): Promise<CommandResult> {
  const recipe = options.recipe === null ? null : await loadRecipe(invocation.root, options.recipe);
  const { archive, findings } = await verifyArchive(options.source, recipe, invocation);
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

async function loadRecipe(root: string, name: string): Promise<ResolvedRecipe> {
  const { workspace, findings } = await loadWorkspace(root, [name]);
  const recipe = workspace.recipes.find((each) => each.name === name);
  if (recipe !== undefined) return recipe;
  const fault = findings.find(({ severity }) => severity === 'error');
  throw new ForkwrightError('verify.broken-recipe', fault?.text ?? `the recipe ${name} has faults`, {
    place: fault?.place ?? name,
    hint: '`forkwright validate` says all that is wrong with it',
  });
}

function summarise(source: string, archive: Verified['archive'], imageCount: number): string {
  if (archive === null) return '';
  const what = [count(imageCount, 'image'), count(archive.blobCount, 'blob'), formatSize(archive.sizeBytes)];
  return `${printable(source)}: verified ${what.join(', ')}\n`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
