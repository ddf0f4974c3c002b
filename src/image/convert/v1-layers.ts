import { createHash } from 'node:crypto';
import { rawMembers } from '../../oci/edit-json.ts';
import { compareText } from '../../platform/order.ts';
import type { OutputImage } from './convert-image.ts';

/** A layer as docker before 1.10 knew it: an image of its own, with a parent. */
export interface V1Layer {
  /** 64 hex digits. */
  readonly id: string;
  /** The file `json` beside `layer.tar`. */
  readonly json: Buffer;
}

type Member = readonly [key: string, json: string];

// What docker writes where there was no container: Go's empty struct.
const NO_CONTAINER =
  '{"Hostname":"","Domainname":"","User":"","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,' +
  '"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":null,"Cmd":null,"Image":"","Volumes":null,"WorkingDir":"",' +
  '"Entrypoint":null,"OnBuild":null,"Labels":null}';
const DOCKER_KEYS = [
  'comment',
  'created',
  'container',
  'container_config',
  'docker_version',
  'author',
  'config',
  'architecture',
  'variant',
  'os',
] as const;
const SKOPEO_KEYS = [
  'architecture',
  'config',
  'container',
  'container_config',
  'created',
  'docker_version',
  'os',
] as const;

/**
 * Gives the v1 layers of an image as `docker save` before 25 makes them, bottom first: the id is the hash of the json with
 * the chain id in it. The top one has the config's values as they stand there, while docker prints its own idea of them:
 * its id is docker's only where the config was made by docker's classic builder. Specification: moby, image/v1/imagev1.go
 * (CreateID) and image/tarexport/save.go.
 */
export function dockerV1Layers(image: OutputImage): readonly V1Layer[] {
  const config = rawMembers(image.config.raw.toString('utf8'));
  const layers: V1Layer[] = [];
  for (const [index, chainId] of chainIds(image).entries()) {
    const isTop = index === image.layers.length - 1;
    const own: readonly Member[] = isTop
      ? DOCKER_KEYS.flatMap((key): readonly Member[] => {
          const json = config.get(key) ?? (key === 'container_config' ? NO_CONTAINER : undefined);
          return json === undefined ? [] : [[key, json]];
        })
      : [
          ['created', '"1970-01-01T00:00:00Z"'],
          ['container_config', NO_CONTAINER],
          ['os', config.get('os') ?? '""'],
        ];
    const parent = layers.at(-1)?.id;
    // docker hashes before it puts the system into the lower ones.
    const hashed = isTop ? own : own.filter(([key]) => key !== 'os');
    const id = hashOf([
      ...hashed,
      ['layer_id', JSON.stringify(chainId)],
      ...(parent === undefined ? [] : [['parent', JSON.stringify(`sha256:${parent}`)] as const]),
    ]);
    const head: readonly Member[] = [
      ['id', JSON.stringify(id)],
      ...(parent === undefined ? [] : [['parent', JSON.stringify(parent)] as const]),
    ];
    layers.push({ id, json: Buffer.from(encodeMembers([...head, ...own])) });
  }
  return layers;
}

/**
 * Gives the v1 layers of an image as skopeo and podman make them, bottom first. Specification: containers/image,
 * docker/internal/tarfile/writer.go.
 */
export function skopeoV1Layers(image: OutputImage): readonly V1Layer[] {
  const config = rawMembers(image.config.raw.toString('utf8'));
  const layers: V1Layer[] = [];
  for (const [index, chainId] of chainIds(image).entries()) {
    const isTop = index === image.layers.length - 1;
    const parent = layers.at(-1)?.id;
    const own: readonly Member[] = [
      ...(isTop ? SKOPEO_KEYS.map((key): Member => [key, config.get(key) ?? 'null']) : []),
      ...(parent === undefined ? [] : [['parent', JSON.stringify(parent)] as const]),
    ];
    const id = hashOf([...own, ['layer_id', JSON.stringify(chainId)]]);
    layers.push({ id, json: Buffer.from(encodeMembers(sortMembers([...own, ['id', JSON.stringify(id)]]))) });
  }
  return layers;
}

/** Specification: OCI image-spec, config.md, "Layer ChainID". */
function chainIds(image: OutputImage): readonly string[] {
  const ids: string[] = [];
  for (const { diffId } of image.layers) {
    const below = ids.at(-1);
    ids.push(below === undefined ? diffId : `sha256:${sha256(`${below} ${diffId}`)}`);
  }
  return ids;
}

function hashOf(members: readonly Member[]): string {
  return sha256(encodeMembers(sortMembers(members)));
}

/** As Go prints a map. */
function sortMembers(members: readonly Member[]): readonly Member[] {
  return members.toSorted(([a], [b]) => compareText(a, b));
}

function encodeMembers(members: readonly Member[]): string {
  return `{${members.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
