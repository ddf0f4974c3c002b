import { createHash } from 'node:crypto';
import { ForkwrightError } from '../../src/errors.ts';
import type { ObtainDeps } from '../../src/prebuilt/obtain.ts';
import type { ImageStore } from '../../src/registry/source/image-store.ts';

/** A test that needs registries opens a store of its own. */
export const NO_IMAGES: ImageStore = {
  resolve: () => Promise.reject(new Error('this test has no registry')),
  open: () => Promise.reject(new Error('this test has no registry')),
};

/** What was announced and waited for. */
export interface Journal {
  readonly notes: string[];
  readonly tasks: string[];
  readonly pausesMs: number[];
}

/** Dependencies of prebuilt/ that keep a journal, wait for nothing, and have no npm. */
export function makeDeps(root: string, more: Partial<ObtainDeps> = {}): { deps: ObtainDeps; journal: Journal } {
  const journal: Journal = { notes: [], tasks: [], pausesMs: [] };
  const deps: ObtainDeps = {
    root,
    cacheFolder: `${root}/cache`,
    env: { HOME: root },
    fetch: globalThis.fetch,
    signal: new AbortController().signal,
    run: () => Promise.reject(new ForkwrightError('process.not-found', 'the program npm cannot be started')),
    progress: {
      task: (label) => {
        const end = (text: string) => void journal.tasks.push(`${label}: ${text}`);
        return { startAt: () => undefined, advance: () => undefined, step: () => undefined, done: end, fail: end };
      },
      note: (text) => void journal.notes.push(text),
      close: () => undefined,
    },
    images: NO_IMAGES,
    pauses: {
      random: () => 1,
      sleep: async (ms) => void journal.pausesMs.push(ms),
      idleMs: 5_000,
    },
    ...more,
  };
  return { deps, journal };
}

export function sha256Of(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  // A chunk may be valid only until the next one is asked for.
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

/** What was thrown, which has to be one of ours. */
export async function failureOf(work: Promise<unknown>): Promise<ForkwrightError> {
  const error: unknown = await work.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ForkwrightError) return error;
  throw error;
}
