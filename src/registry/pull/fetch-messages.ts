import type { Credentials } from '../access/credentials.ts';
import type { RegistryClientOptions } from '../registry-client.ts';
import type { CarriedError } from './carry-error.ts';
import type { BlobPlace, WantedBlob } from './fill-blob.ts';

/** How a thread reaches the registry: what can be copied of a client's options. */
export type FetchSettings = Pick<RegistryClientOptions, 'env' | 'insecure' | 'caFile'> & {
  readonly registry: string;
  readonly repository: string;
};

/** What a thread that fetches blobs is told. */
export type FetchOrder =
  /** Comes first, once. */
  | { readonly kind: 'open'; readonly settings: FetchSettings }
  | { readonly kind: 'fetch'; readonly id: number; readonly blob: WantedBlob; readonly place: BlobPlace }
  /** The answer to the question with this number. */
  | { readonly kind: 'credentials'; readonly id: number; readonly credentials: Credentials | null }
  | { readonly kind: 'no-credentials'; readonly id: number; readonly error: CarriedError };

/** What it says. */
export type FetchAnswer =
  /** So many bytes of the blob are in the file. */
  | { readonly kind: 'written'; readonly id: number; readonly sizeBytes: number }
  | { readonly kind: 'fetched'; readonly id: number; readonly digest: string }
  | { readonly kind: 'failed'; readonly id: number; readonly error: CarriedError }
  /** A question: the registry wants to know who asks. */
  | { readonly kind: 'who'; readonly id: number; readonly registry: string };
