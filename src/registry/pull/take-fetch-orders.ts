import type { MessagePort } from 'node:worker_threads';
import type { Credentials, FindCredentials } from '../access/credentials.ts';
import { createRegistryClient } from '../registry-client.ts';
import type { Repository } from '../repository/repository.ts';
import { packError, unpackError } from './carry-error.ts';
import type { FetchAnswer, FetchOrder, FetchSettings } from './fetch-messages.ts';
import { fillBlob } from './fill-blob.ts';

/** A message for each chunk would take as long as the chunk. */
const TELL_BYTES = 256 * 1024;

/** Fetches the blobs that are asked for over a port, all at once, and tells how far they are. Whoever asks ends the thread. */
export function takeFetchOrders(port: MessagePort): void {
  const say = (answer: FetchAnswer) => port.postMessage(answer);
  const questions = new Map<number, (order: FetchOrder) => void>();
  const { signal } = new AbortController();
  let lastQuestion = 0;
  let repository: Repository | null = null;

  const findCredentials: FindCredentials = (registry) =>
    new Promise<Credentials | null>((take, refuse) => {
      const id = ++lastQuestion;
      questions.set(id, (order) => {
        if (order.kind === 'credentials') take(order.credentials);
        else if (order.kind === 'no-credentials') refuse(unpackError(order.error));
      });
      say({ kind: 'who', id, registry });
    });
  const open = ({ registry, repository: name, ...options }: FetchSettings) =>
    createRegistryClient({ ...options, signal, findCredentials }).repository({ registry, repository: name });
  const fetch = async ({ id, blob, place }: Extract<FetchOrder, { kind: 'fetch' }>) => {
    let toldBytes = place.heldBytes;
    const onWritten = (sizeBytes: number) => {
      if (sizeBytes - toldBytes < TELL_BYTES && sizeBytes < blob.sizeBytes) return;
      toldBytes = sizeBytes;
      say({ kind: 'written', id, sizeBytes });
    };
    try {
      if (repository === null) throw new Error('no repository is open');
      say({ kind: 'fetched', id, digest: await fillBlob(repository, blob, place, { signal, onWritten }) });
    } catch (error) {
      say({ kind: 'failed', id, error: packError(error) });
    }
  };

  port.on('message', (order: FetchOrder) => {
    if (order.kind === 'open') repository = open(order.settings);
    else if (order.kind === 'fetch') void fetch(order);
    else questions.get(order.id)?.(order);
  });
}
