/** What the thread that writes is told. A blob is named by a number; its bytes come in order. */
export type WriteOrder =
  /** Memory that both threads have; `bytes` orders name parts of it by their number. Comes first, once. */
  | { readonly kind: 'memory'; readonly blocks: readonly Uint8Array<SharedArrayBuffer>[] }
  | {
      readonly kind: 'open';
      readonly id: number;
      /** Of the process: threads share them. */
      readonly fd: number;
      /** Where the first byte goes in the file. */
      readonly position: number;
      readonly algorithm: string;
    }
  | { readonly kind: 'bytes'; readonly id: number; readonly block: number; readonly sizeBytes: number }
  | { readonly kind: 'finish'; readonly id: number };

/** What it answers. */
export type WriteAnswer =
  /** A block may be used again; so many bytes of the blob are in the file. */
  | { readonly kind: 'written'; readonly id: number; readonly block: number; readonly sizeBytes: number }
  | { readonly kind: 'finished'; readonly id: number; readonly hex: string }
  /** The system's error, whose properties a thread cannot hand on. The blob's blocks keep coming back. */
  | { readonly kind: 'failed'; readonly id: number; readonly message: string; readonly properties: object };
