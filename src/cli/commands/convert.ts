import type { OuterCompression } from '../../archive/stream/compress.ts';
import { ZSTD_QUICK } from '../../archive/stream/compress.ts';
import { selectRoots } from '../../archive/read/source-name.ts';
import { ForkwrightError } from '../../errors.ts';
import { shortDigest } from '../../image/blob-uses.ts';
import { isChanged } from '../../image/convert/convert-image.ts';
import type { LayerCompression, MediaFamily } from '../../image/convert/media-type-edit.ts';
import { parsePlatform } from '../../platform/parse.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { printable } from '../../report/printable.ts';
import { formatSize } from '../../report/size.ts';
import { formatTable } from '../../report/table.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { loadRecipe } from '../load-recipe.ts';
import { openSource } from '../open-source.ts';
import { convertSource, targetOf } from '../convert/archive.ts';
import type { NamedOutput, OutputFormat } from '../convert/options.ts';

const SCHEMA = 'forkwright.convert/v1';

export interface ConvertArguments {
  /** Archive file or layout folder, as the user named it. */
  readonly source: string;
  /** Where it goes; `-` for stdout. */
  readonly output: string;
  readonly format: OutputFormat;
  readonly compression: OuterCompression;
  readonly layerCompression: LayerCompression | 'keep';
  /** Null: what the format is used to. */
  readonly mediaTypes: MediaFamily | null;
  readonly platform: string | null;
  /** The one image of the archive that is meant. */
  readonly image: string | null;
  readonly flatten: boolean;
  readonly maxLayers: string | null;
  readonly name: string | null;
  /** File with the config of a root filesystem. */
  readonly config: string | null;
  /** Name of a recipe that has the config of a root filesystem. */
  readonly recipe: string | null;
}

/**
 * `forkwright convert`: writes the images of an archive in another format. A broken input is not used: the command ends
 * with 2 and nothing is written. Throws `convert.usage`, `platform.unknown`, `reference.malformed`, and what
 * `openSource` and `convertSource` throw.
 */
export async function convertCommand(options: ConvertArguments, invocation: Invocation): Promise<CommandResult> {
  requireSense(options);
  const { output, format, compression, layerCompression, flatten, name } = options;
  const isLayout = format === 'oci' || format === 'oci-archive';
  const platform = options.platform === null ? null : parsePlatform(options.platform);
  const recipe = options.recipe === null ? null : await loadRecipe(invocation.root, options.recipe);
  const opened = await openSource(options.source, { config: options.config, platform, recipe }, invocation);
  try {
    const { written, findings } = await convertSource(
      selectRoots(opened, options.image),
      {
        format,
        output,
        target: targetOf(output, invocation),
        compression,
        zstdLevel: ZSTD_QUICK,
        layerCompression,
        mediaTypes: options.mediaTypes ?? (isLayout ? 'oci' : 'keep'),
        platform,
        flatten,
        maxLayers: readMaxLayers(options.maxLayers),
        name,
      },
      invocation,
    );
    const hasUsedStdout = output === '-';
    if (written === null) return { schema: SCHEMA, json: {}, text: '', findings, exitCode: 2 };
    const { images, sizeBytes } = written;
    return {
      schema: SCHEMA,
      json: { source: options.source, output, format, sizeBytes, images: images.map(toJson) },
      text: formatImages(images, output, sizeBytes),
      findings,
      hasUsedStdout,
    };
  } finally {
    await opened.close();
  }
}

function requireSense(options: ConvertArguments): void {
  const { format, output, compression, layerCompression, flatten, maxLayers, name, mediaTypes } = options;
  const isPlain = format === 'docker-archive-legacy' || format === 'docker-archive-skopeo';
  const complaints: readonly (readonly [isWrong: boolean, text: string])[] = [
    [format === 'oci' && output === '-', 'a layout is a folder, and stdout is none: write an oci-archive'],
    [format === 'oci' && compression !== 'none', 'a layout is a folder, which cannot be compressed as a whole'],
    [isPlain && !['keep', 'none'].includes(layerCompression), `the layers of a ${format} are not compressed`],
    [format === 'rootfs' && layerCompression !== 'keep', 'a root filesystem has no layers'],
    [format === 'rootfs' && (flatten || maxLayers !== null), 'a root filesystem is flat already'],
    [format === 'rootfs' && name !== null, 'a root filesystem has no name'],
    [isPlain && mediaTypes !== null, `a ${format} has no media types`],
    [flatten && maxLayers !== null, '--flatten makes one layer, and --max-layers would make several'],
  ];
  const complaint = complaints.find(([isWrong]) => isWrong);
  if (complaint !== undefined) throw new ForkwrightError('convert.usage', complaint[1], { place: output });
}

function readMaxLayers(text: string | null): number | null {
  if (text === null) return null;
  if (/^[1-9][0-9]{0,3}$/.test(text)) return Number(text);
  throw new ForkwrightError('convert.usage', `${JSON.stringify(text)} is no number of layers`, {
    hint: 'docker takes at most 125',
  });
}

function toJson({ image, names }: NamedOutput): object {
  const { manifest, config, layers, platform } = image;
  return {
    platform: platform === null ? null : formatPlatform(platform),
    names,
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    configDigest: config.digest,
    isChanged: isChanged(image),
    layers: layers.map(({ digest, diffId, sizeBytes, mediaType }) => ({ digest, diffId, sizeBytes, mediaType })),
  };
}

function formatImages(images: readonly NamedOutput[], output: string, sizeBytes: number): string {
  const columns = ['platform', 'config', 'layers', 'names'].map((title) => {
    return { title, align: title === 'layers' ? ('right' as const) : ('left' as const) };
  });
  const rows = images.map(({ image, names }) => [
    image.platform === null ? 'no platform' : formatPlatform(image.platform),
    shortDigest(image.config.digest),
    String(image.layers.length),
    names.map(printable).join(', '),
  ]);
  const where = output === '-' ? 'stdout' : printable(output);
  return `${formatTable(columns, rows)}\n${where} ${formatSize(sizeBytes)}\n`;
}
