import { loadImageSet } from '../../archive/read/load-images.ts';
import { hasFailed } from '../../finding.ts';
import { chooseImage } from '../../image/select/choose-image.ts';
import { formatView } from '../../image/inspect-text.ts';
import { viewImages } from '../../image/inspect-view.ts';
import { parsePlatform } from '../../platform/parse.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { loadRecipe } from '../load-recipe.ts';
import { openSource } from '../open-source.ts';

export interface InspectArguments {
  /** Archive file or layout folder, as the user named it. */
  readonly source: string;
  /** File with the image config of a root filesystem; null for none. */
  readonly config?: string | null;
  /** Platform of a root filesystem, and of the image whose files are listed; null for none. */
  readonly platform?: string | null;
  /** Name of a recipe whose image a root filesystem is; null for none. */
  readonly recipe?: string | null;
  /** Whether its files are to be listed. */
  readonly files?: boolean;
  /** Number of the layer whose changes are to be listed, from 1, as it was written; null for none. */
  readonly layer?: string | null;
}

/**
 * `forkwright inspect`: shows what an archive holds, from its small JSON alone; layers are read for lists of
 * files only. A broken archive is shown as far as it goes, and the command ends with 2. Throws what `openSource`,
 * `loadRecipe` and `inspectFiles` throw.
 */
export async function inspectCommand(options: InspectArguments, invocation: Invocation): Promise<CommandResult> {
  const { config = null, platform = null, recipe = null } = options;
  const given = {
    config,
    platform: platform === null ? null : parsePlatform(platform),
    recipe: recipe === null ? null : await loadRecipe(invocation.root, recipe),
  };
  const source = await openSource(options.source, given, invocation);
  try {
    const { set, findings: ofImages } = await loadImageSet(source);
    const { format, sizeBytes } = source;
    const findings = [...source.findings, ...ofImages];
    if (options.files === true || (options.layer ?? null) !== null) {
      const { inspectFiles } = await import('../inspect-files.ts');
      const image = chooseImage(set, given.platform);
      return await inspectFiles({ source, image, layer: options.layer ?? null, findings }, invocation);
    }
    const view = viewImages({ format, sizeBytes, shape: source.shape, set, blobs: source.blobs() });
    const columns = invocation.stdout.isTerminal ? invocation.stdout.columns : null;
    return {
      schema: 'forkwright.inspect/v1',
      json: { ...view },
      text: formatView(view, { style: invocation.style, columns }),
      findings,
      ...(hasFailed(findings, false) ? { exitCode: 2 } : {}),
    };
  } finally {
    await source.close();
  }
}
