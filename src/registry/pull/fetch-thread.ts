import { Worker } from 'node:worker_threads';
import type { RegistryClientOptions } from '../registry-client.ts';
import type { Repository } from '../repository/repository.ts';
import type { BlobFetcher } from './blob-fetcher.ts';
import { packError, unpackError } from './carry-error.ts';
import type { FetchAnswer, FetchOrder, FetchSettings } from './fetch-messages.ts';

/** What a thread is spoken to by. */
export interface FetchPort {
  send(order: FetchOrder): void;
  onAnswer(listener: (answer: FetchAnswer) => void): void;
  /** Told what has ended the thread. */
  onFault(listener: (error: Error) => void): void;
  close(): Promise<unknown>;
}

type ClientOptions = Pick<RegistryClientOptions, 'env' | 'insecure' | 'caFile' | 'findCredentials'>;

/**
 * Starts a thread with a client of its own, which fetches blobs of a repository: it takes them from the network, hashes and
 * writes them beside this one. Credentials are asked of this thread, and only when the registry wants them.
 */
export function startFetchThread(
  { registry, name }: Pick<Repository, 'registry' | 'name'>,
  options: ClientOptions,
  signal: AbortSignal,
): BlobFetcher {
  const { findCredentials, env, insecure = [], caFile = null } = options;
  const worker = new Worker(new URL('./fetch-worker.js', import.meta.url));
  const port: FetchPort = {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows; this is a thread
    send: (order) => worker.postMessage(order),
    onAnswer: (listener) => worker.on('message', listener),
    onFault: (listener) => {
      worker.on('error', listener);
      worker.on('exit', () => listener(new Error('the thread that fetches has ended')));
    },
    close: () => worker.terminate(),
  };
  // `process.env` itself cannot be handed over.
  const settings = { registry, repository: name, env: { ...env }, insecure, caFile };
  return speakToFetcher(port, settings, findCredentials, signal);
}

/** Speaks to a thread that takes fetch orders. */
export function speakToFetcher(
  port: FetchPort,
  settings: FetchSettings,
  findCredentials: RegistryClientOptions['findCredentials'],
  signal: AbortSignal,
): BlobFetcher {
  const running = new Map<number, Running>();
  let fault: Error | null = null;
  let lastId = 0;
  const fail = (error: Error) => {
    fault ??= error;
    for (const { refuse } of running.values()) refuse(error);
  };
  const abort = () => fail(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
  const tell = async (id: number, registry: string) => {
    try {
      port.send({ kind: 'credentials', id, credentials: await findCredentials(registry) });
    } catch (error) {
      port.send({ kind: 'no-credentials', id, error: packError(error) });
    }
  };
  port.onFault(fail);
  port.onAnswer((answer) => {
    if (answer.kind === 'who') void tell(answer.id, answer.registry);
    else running.get(answer.id)?.hear(answer);
  });
  signal.addEventListener('abort', abort, { once: true });
  port.send({ kind: 'open', settings });
  return {
    fetch: (blob, place, onWritten) => {
      const id = ++lastId;
      const fetched = new Promise<string>((take, refuse) => {
        const hear: Running['hear'] = (answer) => {
          if (answer.kind === 'written') onWritten(answer.sizeBytes);
          else if (answer.kind === 'fetched') take(answer.digest);
          else refuse(unpackError(answer.error));
        };
        running.set(id, { hear, refuse });
        if (fault === null) port.send({ kind: 'fetch', id, blob, place });
        else refuse(fault);
      });
      return fetched.finally(() => running.delete(id));
    },
    close: async () => {
      signal.removeEventListener('abort', abort);
      await port.close();
    },
  };
}

interface Running {
  readonly hear: (answer: Exclude<FetchAnswer, { kind: 'who' }>) => void;
  readonly refuse: (error: Error) => void;
}
