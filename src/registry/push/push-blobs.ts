import pMap from 'p-map';
import type { ImageSource } from '../../archive/read/image-source.ts';
import type { Digest } from '../../oci/digest.ts';
import type { BlobOutcome, Repository } from '../repository/repository.ts';
import type { PushBlob } from './plan-push.ts';
import { contentOfSource, type SourceContent } from './push-content.ts';
import type { BlobTransfer, RegistryTransfers } from './push-transfers.ts';

const AT_ONCE = 4;

export interface TransferOptions {
  readonly signal: AbortSignal;
  /** Bytes that went out; negative where an upload had to go back. */
  readonly onBytes: (bytes: number) => void;
}

/** How a blob came to be in one repository. */
export interface Transferred {
  readonly registry: string;
  readonly repository: string;
  readonly blob: PushBlob;
  readonly outcome: BlobOutcome;
}

/** Sends the blobs of one push, and sends one again where a registry has lost it. */
export interface BlobSender {
  /** Sees to it that all of them are where they have to be. Throws `blob.corrupt` and what reading and sending throw. */
  sendAll(registries: readonly RegistryTransfers[]): Promise<readonly Transferred[]>;
  /** Looks for a blob in a repository once more, and sends it where it is not. Throws as `sendAll`. */
  ensure(repository: Repository, blob: PushBlob): Promise<void>;
}

/** Makes the sender of a source's blobs. After the first failure nothing that is under way is sent to its end. */
export function createBlobSender(source: ImageSource, { signal, onBytes }: TransferOptions): BlobSender {
  const failing = new AbortController();
  const eitherSignal = AbortSignal.any([signal, failing.signal]);
  const contents = new Map<Digest, SourceContent>();

  function contentOf(blob: PushBlob): SourceContent {
    const content = contents.get(blob.digest) ?? contentOfSource(source, blob, eitherSignal);
    contents.set(blob.digest, content);
    return content;
  }

  async function send(repository: Repository, blob: PushBlob, mountFrom: readonly string[]): Promise<BlobOutcome> {
    eitherSignal.throwIfAborted();
    const content = contentOf(blob);
    try {
      return await repository.writeBlob(content, { mountFrom, isKnownAbsent: true, onBytes });
    } catch (error) {
      failing.abort(error);
      throw content.fault() ?? error;
    }
  }

  async function transfer(registry: string, { blob, steps }: BlobTransfer): Promise<readonly Transferred[]> {
    const done: Transferred[] = [];
    // One after another: the others mount what the first has.
    for (const { target, mountFrom } of steps) {
      const outcome = await send(target.open, blob, mountFrom);
      done.push({ registry, repository: target.repository, blob, outcome });
    }
    return done;
  }

  return {
    async sendAll(registries) {
      const done = await Promise.all(
        registries.map(({ registry, transfers }) =>
          pMap(transfers, (each) => transfer(registry, each), { concurrency: AT_ONCE, signal }),
        ),
      );
      return done.flat(2);
    },
    async ensure(repository, blob) {
      if (!(await repository.hasBlob(blob.digest))) await send(repository, blob, []);
    },
  };
}
