import { gzipSync } from 'node:zlib';
import type { ImageSet, LoadedImage, LoadedIndex, LoadedNode } from '../../src/image/image-set.ts';
import type { ConfigDocument, ContainerConfig } from '../../src/oci/config.ts';
import { ATTESTATION, type Descriptor } from '../../src/oci/descriptor.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { normalisePlatform } from '../../src/platform/normalise.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import type { Platform } from '../../src/platform/platform.ts';

/** A manifest made by hand, with every blob that it needs. */
export interface MadeImage {
  readonly node: LoadedImage;
  readonly blobs: ReadonlyMap<Digest, Buffer>;
  /** Digest of each layer's bytes before compression. */
  readonly diffIds: readonly Digest[];
}

export function makeDescriptor(mediaType: string, bytes: Buffer, more: Partial<Descriptor> = {}): Descriptor {
  return {
    mediaType,
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
    platform: null,
    annotations: {},
    artifactType: null,
    urls: [],
    data: null,
    ...more,
  };
}

export function makeContainer(more: Partial<ContainerConfig> = {}): ContainerConfig {
  return {
    entrypoint: null,
    cmd: null,
    env: [],
    user: '',
    workingDir: '',
    labels: {},
    exposedPorts: [],
    volumes: [],
    stopSignal: '',
    healthcheck: null,
    ...more,
  };
}

export interface ImageOptions {
  readonly platform: string;
  /** Bytes of the layers before compression. */
  readonly layers?: readonly Buffer[];
  readonly container?: Partial<ContainerConfig>;
  /** Of the descriptor; by default the config's. */
  readonly listedAs?: Platform | null;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly family?: 'oci' | 'docker';
  /** Replaces the diff ids in the config. */
  readonly diffIds?: readonly Digest[];
}

/** Makes an image whose bytes say what its parsed side says. */
export function makeImage(options: ImageOptions): MadeImage {
  const platform = parsePlatform(options.platform);
  const isDocker = options.family === 'docker';
  const contents = options.layers ?? [Buffer.from(`layer of ${options.platform}`)];
  const diffIds = contents.map((layer) => digestOf(layer));
  const layers = contents.map((layer) => gzipSync(layer));
  const document: ConfigDocument = {
    platform,
    created: '2026-01-02T03:04:05Z',
    author: '',
    container: makeContainer(options.container),
    diffIds: options.diffIds ?? diffIds,
    history: contents.map((_, index) => ({
      created: null,
      createdBy: `COPY part-${index} / # buildkit`,
      comment: 'buildkit.dockerfile.v0',
      isEmptyLayer: false,
    })),
  };
  const config = toBytes({
    architecture: platform.arch,
    os: platform.os,
    variant: platform.variant,
    config: toDockerKeys(document.container),
    rootfs: { type: 'layers', diff_ids: document.diffIds },
  });
  const configDescriptor = makeDescriptor(isDocker ? MEDIA_TYPE.dockerConfig : MEDIA_TYPE.ociConfig, config);
  const layerType = isDocker ? MEDIA_TYPE.dockerLayerGzip : MEDIA_TYPE.ociLayerGzip;
  return finish(
    isDocker ? MEDIA_TYPE.dockerManifest : MEDIA_TYPE.ociManifest,
    configDescriptor,
    layers.map((layer) => makeDescriptor(layerType, layer)),
    { platform: options.listedAs === undefined ? platform : options.listedAs, annotations: options.annotations ?? {} },
    [config, ...layers],
    { raw: config, document },
    diffIds,
  );
}

/** Makes BuildKit's attestation of an image. */
export function makeAttestation(subject: Digest, statement = 'provenance'): MadeImage {
  const layer = toBytes({ _type: 'https://in-toto.io/Statement/v0.1', statement, about: subject });
  const config = toBytes({
    architecture: 'unknown',
    os: 'unknown',
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  });
  return finish(
    MEDIA_TYPE.ociManifest,
    makeDescriptor(MEDIA_TYPE.ociConfig, config),
    [
      makeDescriptor(MEDIA_TYPE.inToto, layer, {
        annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' },
      }),
    ],
    {
      platform: normalisePlatform({ os: 'unknown', architecture: 'unknown' }),
      annotations: { [ATTESTATION.typeKey]: ATTESTATION.typeValue, [ATTESTATION.subjectKey]: subject },
    },
    [config, layer],
    null,
    [digestOf(layer)],
  );
}

/** Makes an artifact: a signature, a chart. */
export function makeArtifact(text: string): MadeImage {
  const layer = Buffer.from(text);
  const config = Buffer.from('{}');
  return finish(
    MEDIA_TYPE.ociManifest,
    makeDescriptor(MEDIA_TYPE.ociEmpty, config),
    [makeDescriptor('text/plain', layer)],
    { artifactType: 'application/vnd.example.note' },
    [config, layer],
    null,
    [],
  );
}

function entry({ mediaType, digest, sizeBytes, annotations }: Descriptor): object {
  return { mediaType, digest, size: sizeBytes, annotations };
}

function finish(
  mediaType: string,
  config: Descriptor,
  layers: readonly Descriptor[],
  descriptor: Partial<Descriptor>,
  blobs: readonly Buffer[],
  loaded: LoadedImage['config'],
  diffIds: readonly Digest[],
): MadeImage {
  const raw = toBytes({ schemaVersion: 2, mediaType, config: entry(config), layers: layers.map(entry) });
  const own = makeDescriptor(mediaType, raw, descriptor);
  const node: LoadedImage = {
    kind: 'image',
    descriptor: own,
    raw,
    manifest: { mediaType, config, layers, annotations: {}, artifactType: null, subject: null },
    config: loaded,
    platform: loaded?.document.platform ?? null,
  };
  return { node, blobs: new Map([raw, ...blobs].map((bytes) => [digestOf(bytes), bytes])), diffIds };
}

export function makeIndex(
  children: readonly LoadedNode[],
  annotations: Readonly<Record<string, string>> = {},
): LoadedIndex {
  const manifests = children.map(({ descriptor }) => descriptor);
  const raw = toBytes({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests, annotations });
  return {
    kind: 'index',
    descriptor: makeDescriptor(MEDIA_TYPE.ociIndex, raw),
    raw,
    document: { mediaType: MEDIA_TYPE.ociIndex, manifests, annotations, artifactType: null, subject: null },
    children,
  };
}

export function makeSet(source: string, nodes: readonly LoadedNode[], names: readonly string[] = []): ImageSet {
  return { source, roots: nodes.map((node) => ({ names, node })) };
}

export function absent(image: MadeImage): LoadedNode {
  return { kind: 'absent', descriptor: image.node.descriptor };
}

function asSet(names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

function toDockerKeys(container: ContainerConfig): object {
  return {
    Entrypoint: container.entrypoint,
    Cmd: container.cmd,
    Env: container.env,
    User: container.user,
    WorkingDir: container.workingDir,
    Labels: container.labels,
    ExposedPorts: asSet(container.exposedPorts),
    Volumes: asSet(container.volumes),
    StopSignal: container.stopSignal,
  };
}

function toBytes(document: unknown): Buffer {
  return Buffer.from(JSON.stringify(document));
}
