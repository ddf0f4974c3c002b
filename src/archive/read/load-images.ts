import { ForkwrightError } from '../../errors.ts';
import type { Finding, Severity } from '../../finding.ts';
import { imageKind } from '../../image/image-kind.ts';
import type { AbsentNode, ImageSet, LoadedImage, LoadedIndex, LoadedNode } from '../../image/image-set.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { blobPath, type Digest } from '../../oci/digest.ts';
import type { IndexDocument, ManifestDocument } from '../../oci/manifest.ts';
import { mediaKind } from '../../oci/media-type.ts';
import { parseConfig } from '../../oci/parse-config.ts';
import { parseGraphDocument, type GraphDocument } from '../../oci/parse-manifest.ts';
import { parseStrictJson, type JsonValue } from '../../oci/strict-json.ts';
import type { Platform } from '../../platform/platform.ts';
import { errorFinding } from './error-finding.ts';
import type { ImageSource } from './image-source.ts';

/** A document of the graph, without the descriptor that led to it: several may. */
type Loaded = Omit<LoadedImage, 'descriptor' | 'platform'> | Omit<LoadedIndex, 'descriptor'>;

interface Loader {
  readonly source: ImageSource;
  readonly findings: Finding[];
  /** By descriptor: what is listed twice is read once. Null where it cannot be used. */
  readonly documents: Map<string, Loaded | null>;
  readonly configs: Map<string, LoadedImage['config']>;
  /** Levels of indexes, counted from each index down. */
  readonly heights: Map<Digest, number>;
}

/**
 * Loads all that is small: indexes, manifests and configs, each checked against digest and size. What is absent or
 * faulty becomes a finding and an absent node or a null config; nothing is thrown for what the archive holds. Layers are
 * not looked at. Throws `archive.read-failed`.
 */
export async function loadImageSet(
  source: ImageSource,
): Promise<{ readonly set: ImageSet; readonly findings: readonly Finding[] }> {
  const loader: Loader = { source, findings: [], documents: new Map(), configs: new Map(), heights: new Map() };
  const roots = [];
  for (const { descriptor, names } of source.roots) {
    if (!isPresent(source, descriptor)) reportAbsence(loader, descriptor, 'error');
    roots.push({ names, node: await loadNode(loader, descriptor, 1) });
  }
  return { set: { source: source.name, roots }, findings: loader.findings };
}

async function loadNode(loader: Loader, descriptor: Descriptor, depth: number): Promise<LoadedNode> {
  const absent: AbsentNode = { kind: 'absent', descriptor };
  if (!isPresent(loader.source, descriptor)) return absent;
  const loaded = await loadDocument(loader, descriptor, depth);
  if (loaded === null) return absent;
  if (loaded.kind === 'index') {
    const { depth: limit } = loader.source.limits;
    if (depth + heightOf(loader, descriptor) - 1 > limit) {
      return refuse(loader, absent, 'archive.too-deep', `indexes are nested more than ${limit} deep`);
    }
    const { raw, document, children } = loaded;
    return { kind: 'index', descriptor: withType(descriptor, document.mediaType), raw, document, children };
  }
  const image = { ...loaded, descriptor: withType(descriptor, loaded.manifest.mediaType) };
  return { ...image, platform: platformOf(image) };
}

async function loadDocument(loader: Loader, descriptor: Descriptor, depth: number): Promise<Loaded | null> {
  const key = [descriptor.digest, descriptor.sizeBytes, descriptor.mediaType].join(' ');
  const known = loader.documents.get(key);
  if (known !== undefined) return known;
  const { documents, findings } = loader;
  const { limits } = loader.source;
  if (documents.size >= limits.manifests) {
    return refuse(loader, null, 'archive.too-many', `more than ${limits.manifests} manifests are not read`);
  }
  documents.set(key, null);
  const parsed = await orFinding(findings, async () => {
    const { raw, value, place } = await readJson(loader.source, descriptor);
    requireManifestType(descriptor, place);
    return { raw, ...parseGraphDocument(value, descriptor.mediaType, place, limits) };
  });
  if (parsed === null) return null;
  const loaded = await loadParts(loader, descriptor, parsed, depth);
  documents.set(key, loaded);
  return loaded;
}

async function loadParts(
  loader: Loader,
  descriptor: Descriptor,
  parsed: GraphDocument & { readonly raw: Buffer },
  depth: number,
): Promise<Loaded> {
  const { raw, kind, document } = parsed;
  if (kind === 'index')
    return { kind, raw, document, children: await loadChildren(loader, descriptor, document, depth) };
  return { kind: 'image', raw, manifest: document, config: await loadConfig(loader, descriptor, document) };
}

async function loadChildren(
  loader: Loader,
  { digest }: Descriptor,
  { manifests }: IndexDocument,
  depth: number,
): Promise<readonly LoadedNode[]> {
  const { heights, source } = loader;
  heights.set(digest, 1);
  if (depth > source.limits.depth) return [];
  const children: LoadedNode[] = [];
  let below = 0;
  for (const child of manifests) {
    const node = await loadNode(loader, child, depth + 1);
    if (node.kind === 'index') below = Math.max(below, heightOf(loader, child));
    children.push(node);
  }
  heights.set(digest, 1 + below);
  // docker saves one platform of an image and still lists the others.
  const severity = children.some(({ kind }) => kind !== 'absent') ? 'note' : 'error';
  for (const child of manifests) if (!isPresent(source, child)) reportAbsence(loader, child, severity);
  return children;
}

function heightOf({ heights }: Loader, { digest }: Descriptor): number {
  return heights.get(digest) ?? 0;
}

/** Attestations and artifacts have configs too, but those say nothing about something to run. */
async function loadConfig(
  loader: Loader,
  descriptor: Descriptor,
  manifest: ManifestDocument,
): Promise<LoadedImage['config']> {
  const { config } = manifest;
  if (imageKind({ descriptor, manifest }) !== 'image') return null;
  if (!isPresent(loader.source, config)) {
    reportAbsence(loader, config, 'error');
    return null;
  }
  const key = [config.digest, config.sizeBytes].join(' ');
  const known = loader.configs.get(key);
  if (known !== undefined) return known;
  const loaded = await orFinding(loader.findings, async () => {
    const { raw, value, place } = await readJson(loader.source, config);
    return { raw, document: parseConfig(value, place) };
  });
  loader.configs.set(key, loaded);
  return loaded;
}

async function readJson(
  source: ImageSource,
  descriptor: Descriptor,
): Promise<{ readonly raw: Buffer; readonly value: JsonValue; readonly place: string }> {
  const place = placeOf(source, descriptor);
  const isHeld = source.blob(descriptor.digest) !== undefined;
  const raw =
    isHeld || descriptor.data === null ? await source.read(descriptor, source.limits.jsonBytes) : descriptor.data;
  return { raw, value: parseStrictJson(raw, place), place };
}

/** An index may list anything at all; image-spec, image-index.md. */
function requireManifestType({ mediaType }: Descriptor, place: string): void {
  const { kind } = mediaKind(mediaType);
  if (mediaType === '' || kind === 'index' || kind === 'manifest') return;
  const text = `it is listed as ${JSON.stringify(mediaType)}, which is neither an index nor an image manifest`;
  throw new ForkwrightError('descriptor.unknown-type', text, { place });
}

async function orFinding<Value>(findings: Finding[], load: () => Promise<Value>): Promise<Value | null> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code === 'archive.read-failed') throw error;
    findings.push(errorFinding(error, error.place ?? ''));
    return null;
  }
}

function isPresent(source: ImageSource, { digest, data }: Descriptor): boolean {
  return data !== null || source.blob(digest) !== undefined;
}

function platformOf({ descriptor, manifest, config }: Omit<LoadedImage, 'platform'>): Platform | null {
  if (imageKind({ descriptor, manifest }) !== 'image') return null;
  const own = config?.document.platform;
  return own === undefined || own.os === '' || own.arch === '' ? descriptor.platform : own;
}

function withType(descriptor: Descriptor, mediaType: string): Descriptor {
  return descriptor.mediaType === mediaType ? descriptor : { ...descriptor, mediaType };
}

function reportAbsence({ source, findings }: Loader, descriptor: Descriptor, severity: Severity): void {
  const text = `the blob is listed, but not in the ${source.format === 'registry' ? 'registry' : 'archive'}`;
  findings.push({ code: 'blob.absent', severity, place: placeOf(source, descriptor), text, hint: null });
}

function refuse<Value>({ source, findings }: Loader, value: Value, code: string, text: string): Value {
  if (!findings.some((finding) => finding.code === code)) {
    findings.push({ code, severity: 'error', place: source.name, text, hint: null });
  }
  return value;
}

function placeOf(source: ImageSource, { digest }: Descriptor): string {
  return `${source.name}: ${source.blob(digest)?.name ?? blobPath(digest)}`;
}
