import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { ForkwrightError } from '../../errors.ts';
import type { LayerChange, OutputLayer } from '../../image/convert/convert-image.ts';
import type { WholeImage } from '../../image/select/select-images.ts';
import type { LayerCompression } from '../../image/convert/media-type-edit.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';
import type { RunProgram } from '../../process/run.ts';
import { compressMethod, ZSTD_QUICK } from '../stream/compress.ts';
import { openCompressed } from '../stream/decompress.ts';
import type { ImageSource } from '../read/image-source.ts';
import { compressInto } from '../stream/byte-sink.ts';
import { tap } from '../stream/shared-stream.ts';
import { streamRange } from '../stream/stream-range.ts';
import { openTemporaryFile, openTemporarySink, orNoRoom } from '../stream/temporary-file.ts';
import { asWriteError } from '../write/write-error.ts';
import { openLayerStore, type LayerStore } from './layer-store.ts';

/** What work on layers needs of the world around. */
export interface LayerTools {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly run: RunProgram;
  readonly signal: AbortSignal;
}

/** Layers that were made for a result, until they are closed. */
export interface MadeLayers {
  /** Says how a layer of the archive is to be written. */
  change(layer: Descriptor, diffId: Digest | undefined, wanted: LayerCompression | 'keep'): Promise<LayerChange>;
  /** Gives a store for layers that are merged; it is closed with all else. */
  openStore(): LayerStore;
  /** Takes a new layer, an uncompressed tar, and says how it is to be written. */
  add(
    tar: { readonly sizeBytes: number; bytes(): AsyncIterable<Uint8Array> },
    wanted: LayerCompression,
  ): Promise<{ readonly diffId: Digest; readonly change: NonNullable<LayerChange> }>;
  /** The bytes of a layer that was made; undefined for one that is the archive's. */
  bytes(digest: Digest): AsyncIterable<Uint8Array> | undefined;
  close(): Promise<void>;
}

const PLACE = 'a layer that is made anew';
const TIMEOUT_MS = 24 * 60 * 60 * 1000;

/**
 * Opens a place for the layers that a conversion makes. What is unpacked or merged is made twice and never kept: the first
 * time to know its digest and size. What is compressed is kept in files without names. Each layer of the archive is made
 * once however many images have it.
 */
export function openMadeLayers(source: ImageSource, tools: LayerTools): MadeLayers {
  const made = new Map<Digest, () => AsyncIterable<Uint8Array>>();
  const changes = new Map<string, Promise<LayerChange>>();
  const handles: FileHandle[] = [];
  const stores: LayerStore[] = [];

  async function changeOnce(
    layer: Descriptor,
    diffId: Digest | undefined,
    wanted: LayerCompression,
  ): Promise<LayerChange> {
    const place = `${source.name}: ${source.blob(layer.digest)?.name ?? layer.digest}`;
    const open = () => openCompressed(source.stream(layer.digest), place);
    const first = await open();
    if (first.compression === wanted) return null;
    const unpack = async function* () {
      yield* (await open()).unpack();
    };
    if (wanted !== 'none') return compress(guard(unpack(), diffId, place), wanted);
    let sizeBytes = 0;
    const hash = createHash('sha256');
    for await (const chunk of first.unpack()) {
      tools.signal.throwIfAborted();
      sizeBytes += chunk.length;
      hash.update(chunk);
    }
    const digest = toDigest(hash.digest('hex'));
    requireDiffId(digest, diffId, place);
    made.set(digest, unpack);
    return { digest, sizeBytes, compression: 'none' };
  }

  async function* guard(chunks: AsyncIterable<Uint8Array>, diffId: Digest | undefined, place: string) {
    const hash = createHash('sha256');
    yield* tap(chunks, (chunk) => {
      tools.signal.throwIfAborted();
      hash.update(chunk);
    });
    requireDiffId(toDigest(hash.digest('hex')), diffId, place);
  }

  async function compress(
    chunks: AsyncIterable<Uint8Array>,
    wanted: 'gzip' | 'zstd',
  ): Promise<NonNullable<LayerChange>> {
    const target = await openTemporaryFile(tools.env, PLACE);
    handles.push(target);
    const method = compressMethod(wanted, ZSTD_QUICK);
    const plain = method.by === 'program' ? await openTemporaryFile(tools.env, PLACE) : target;
    try {
      const file = openTemporarySink(plain, PLACE);
      const sink = method.by === 'process' ? compressInto(file, method.compress) : null;
      try {
        for await (const chunk of chunks) await (sink ?? file).append(chunk);
        await (sink ?? file).finish();
      } catch (error) {
        // A compressor in a thread of its own would keep the process from ending.
        await sink?.abort();
        throw error;
      }
      if (method.by === 'process') await file.finish();
      else await orNoRoom(runOn(method.argv, plain, target, tools), PLACE);
    } finally {
      if (plain !== target) await plain.close();
    }
    const { size: sizeBytes } = await target.stat();
    const hash = createHash('sha256');
    const bytes = () => streamRange(target, 0, sizeBytes, PLACE);
    for await (const chunk of bytes()) hash.update(chunk);
    const digest = toDigest(hash.digest('hex'));
    made.set(digest, bytes);
    return { digest, sizeBytes, compression: wanted };
  }

  return {
    change(layer, diffId, wanted) {
      if (wanted === 'keep' || source.blob(layer.digest) === undefined) return Promise.resolve(null);
      const key = `${layer.digest} ${wanted}`;
      const known = changes.get(key) ?? changeOnce(layer, diffId, wanted);
      changes.set(key, known);
      return known;
    },
    openStore() {
      const store = openLayerStore(tools.env);
      stores.push(store);
      return store;
    },
    async add(tar, wanted) {
      const hash = createHash('sha256');
      const hashed = tap(tar.bytes(), (chunk) => {
        tools.signal.throwIfAborted();
        hash.update(chunk);
      });
      if (wanted === 'none') {
        for await (const _ of hashed);
        const digest = toDigest(hash.digest('hex'));
        made.set(digest, () => tar.bytes());
        return { diffId: digest, change: { digest, sizeBytes: tar.sizeBytes, compression: 'none' } };
      }
      const change = await compress(hashed, wanted);
      return { diffId: toDigest(hash.digest('hex')), change };
    },
    bytes: (digest) => made.get(digest)?.(),
    async close() {
      await Promise.all([...handles, ...stores].map((each) => each.close()));
    },
  };
}

/**
 * Has a program make one open file out of another. Throws what the runner throws; a system error with `syscall` write where
 * the output takes no more.
 */
export async function runOn(
  argv: readonly [string, ...string[]],
  input: FileHandle,
  output: FileHandle,
  { env, run, signal }: LayerTools,
): Promise<void> {
  const options = { cwd: '/', env: { ...env, LC_ALL: 'C' }, signal, timeoutMs: TIMEOUT_MS, isGuarded: true };
  try {
    await run(argv, { ...options, inputFd: input.fd, outputFd: output.fd });
  } catch (error) {
    throw asWriteError(error);
  }
}

/** Refuses an image that has not one diff id per layer, and one whose layer is not what its diff id says. */
export function requireDiffIds(image: WholeImage, source: string): void {
  const { layers } = image.manifest;
  const { diffIds } = image.config.document;
  if (layers.length === diffIds.length) return;
  const text = `the image ${image.descriptor.digest} has ${layers.length} layers, its config names ${diffIds.length}`;
  throw new ForkwrightError('convert.diff-ids', text, { place: source, hint: '`forkwright verify` says more' });
}

/** Refuses a compressed layer in a format that has none; foreign layers that are not there. Throws `convert.foreign-layer`. */
export function requireHeld(layers: readonly OutputLayer[], format: string, source: string): void {
  const absent = layers.find(({ isHeld }) => !isHeld);
  if (absent === undefined) return;
  const text = `the foreign layer ${absent.digest} is not in the archive, and ${format} has no place for its URLs`;
  throw new ForkwrightError('convert.foreign-layer', text, { place: source, hint: 'write an oci-archive' });
}

function requireDiffId(actual: Digest, expected: Digest | undefined, place: string): void {
  if (expected === undefined || expected === actual || expected.startsWith('sha512:')) return;
  const text = `the layer unpacks to ${actual}, its config says ${expected}`;
  throw new ForkwrightError('convert.diff-ids', text, { place, hint: '`forkwright verify` says more' });
}

function toDigest(hex: string): Digest {
  const digest = `sha256:${hex}`;
  if (isDigest(digest)) return digest;
  throw new Error(`${digest} is no digest`);
}
