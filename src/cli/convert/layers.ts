import { flattenImage, mergeLayers } from '../../archive/layers/flatten-image.ts';
import type { ImageSource } from '../../archive/read/image-source.ts';
import { requireDiffIds, type MadeLayers } from '../../archive/layers/write-layers.ts';
import { formatCreated, readSourceDateEpoch } from '../../build/source-date.ts';
import type { Finding } from '../../finding.ts';
import { convertImage, type LayerChange, type OutputImage } from '../../image/convert/convert-image.ts';
import type { LayerCompression } from '../../image/convert/media-type-edit.ts';
import { planLayers } from '../../image/convert/relayer-plan.ts';
import { rewriteConfig } from '../../image/convert/rewrite-config.ts';
import type { SelectedImage } from '../../image/select/select-images.ts';
import { blobPath, type Digest } from '../../oci/digest.ts';
import { mediaKind } from '../../oci/media-type.ts';
import { parseConfig } from '../../oci/parse-config.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';
import type { Invocation } from '../command.ts';
import type { ConvertOptions, NamedOutput } from './options.ts';

/** Formats whose layers are not compressed. */
const PLAIN: ReadonlySet<string> = new Set(['docker-archive-legacy', 'docker-archive-skopeo']);

/** Positions of old layers that become one, for each new layer from the lowest. */
type Groups = readonly (readonly number[])[];

interface Work {
  readonly source: ImageSource;
  readonly made: MadeLayers;
  readonly options: ConvertOptions;
  readonly invocation: Invocation;
  readonly findings: Finding[];
}

/**
 * Makes the layers that the result is to have, and the configs and manifests around them; what needs no change is not
 * touched. Throws `convert.diff-ids`, and what reading, flattening and compressing throw.
 */
export async function convertLayers(
  source: ImageSource,
  images: readonly SelectedImage[],
  made: MadeLayers,
  options: ConvertOptions,
  invocation: Invocation,
): Promise<{ readonly images: readonly NamedOutput[]; readonly findings: readonly Finding[] }> {
  for (const { image } of images) requireDiffIds(image, source.name);
  const work: Work = { source, made, options, invocation, findings: [] };
  const plans = planGroups(images, options, work.findings);
  const outputs: NamedOutput[] = [];
  for (const [index, selected] of images.entries()) {
    invocation.signal.throwIfAborted();
    const groups = plans[index];
    const isMerged = groups?.some(({ length }) => length > 1) ?? false;
    const image = isMerged ? await regroup(selected, groups ?? [], work) : await keepGroups(selected, work);
    outputs.push({ image, names: selected.names });
  }
  return { images: outputs, findings: work.findings };
}

function planGroups(
  images: readonly SelectedImage[],
  { flatten, maxLayers }: ConvertOptions,
  findings: Finding[],
): readonly (Groups | undefined)[] {
  if (flatten) return images.map(({ image }) => [[...image.manifest.layers.keys()]]);
  if (maxLayers === null) return [];
  const plan = planLayers(
    images.map(({ image }) => image),
    maxLayers,
  );
  findings.push(...plan.findings);
  return plan.groups;
}

async function keepGroups({ image, platform }: SelectedImage, work: Work): Promise<OutputImage> {
  const layers: LayerChange[] = [];
  for (const [index, layer] of image.manifest.layers.entries()) {
    layers.push(await work.made.change(layer, image.config.document.diffIds[index], wantedOf(work.options)));
  }
  return convertImage(image, platform, { family: work.options.mediaTypes, layers, config: null }, hasOf(work));
}

async function regroup(selected: SelectedImage, groups: Groups, work: Work): Promise<OutputImage> {
  const { image, platform } = selected;
  const { source, options, invocation, findings } = work;
  const { layers, diffIds } = await mergeGroups(selected, groups, work);
  const place = `${source.name}: ${source.blob(image.manifest.config.digest)?.name ?? blobPath(image.manifest.config.digest)}`;
  const epochSeconds = readSourceDateEpoch(invocation.env);
  const rewritten = rewriteConfig(image.config.raw, {
    diffIds,
    history: {
      groups,
      createdBy: options.flatten ? 'forkwright convert --flatten' : 'forkwright convert --max-layers',
    },
    created: epochSeconds === null ? null : formatCreated(epochSeconds),
    place,
  });
  findings.push(...rewritten.findings);
  const config = { raw: rewritten.raw, document: parseConfig(parseStrictJson(rewritten.raw, place), place) };
  return convertImage(image, platform, { family: options.mediaTypes, layers, config }, hasOf(work));
}

async function mergeGroups({ image }: SelectedImage, groups: Groups, work: Work) {
  const { source, made, options, invocation, findings } = work;
  const merged = groups.filter(({ length }) => length > 1);
  const flattening = { signal: invocation.signal, store: made.openStore() };
  const tars = options.flatten
    ? [await flattenImage(source, image, flattening)]
    : await mergeLayers(source, image, merged, flattening);
  findings.push(...tars.flatMap((tar) => tar.findings));
  const layers: NonNullable<LayerChange>[] = [];
  const diffIds: Digest[] = [];
  for (const group of groups) {
    const bottom = group[0] ?? 0;
    const descriptor = image.manifest.layers[bottom];
    const diffId = image.config.document.diffIds[bottom];
    if (descriptor === undefined || diffId === undefined) continue;
    const kind = mediaKind(descriptor.mediaType);
    const own: LayerCompression = kind.kind === 'layer' ? kind.compression : 'none';
    const wanted = wantedOf(options);
    const tar = options.flatten ? tars[0] : tars[merged.indexOf(group)];
    if (tar === undefined) {
      const change = await made.change(descriptor, diffId, wanted);
      layers.push(change ?? { digest: descriptor.digest, sizeBytes: descriptor.sizeBytes, compression: own });
      diffIds.push(diffId);
      continue;
    }
    const layer = await made.add(tar, wanted === 'keep' ? own : wanted);
    layers.push(layer.change);
    diffIds.push(layer.diffId);
  }
  return { layers, diffIds };
}

function wantedOf({ format, layerCompression }: ConvertOptions): LayerCompression | 'keep' {
  return PLAIN.has(format) ? 'none' : layerCompression;
}

function hasOf({ source }: Work): (digest: Digest) => boolean {
  return (digest) => source.blob(digest) !== undefined;
}
