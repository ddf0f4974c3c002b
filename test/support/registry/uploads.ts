import { createHash } from 'node:crypto';

/** One upload, as far as it came. */
export interface Upload {
  readonly id: string;
  readonly repository: string;
  readonly chunks: Buffer[];
  sizeBytes: number;
  /** The query of its address, as the next request must send it. */
  state: string;
  /** States before: any of them may be the last that the client knows, as long as no newer one is known to have arrived. */
  heldStates: string[];
  /** A chunk came that was shorter than the registry wants; only the last one may be. */
  hasShortChunk: boolean;
}

export interface Uploads {
  readonly begin: (repository: string) => Upload;
  readonly find: (repository: string, id: string) => Upload | undefined;
  /** Whether the client of an upload that cannot be found was told that it ended; null where there never was such a one. */
  readonly isEndKnown: (id: string) => boolean | null;
  /** Gives the upload a new state; the one before is held until `settle`. */
  readonly turn: (upload: Upload) => void;
  /** The client has this state; it makes no difference where there is a newer one. */
  readonly settle: (upload: Upload, state: string) => void;
  /** Forgets an upload. The client cannot know that before `tellEnd`. */
  readonly end: (id: string) => void;
  readonly tellEnd: (id: string) => void;
  readonly count: () => number;
}

export function createUploads(hasPlainState: boolean): Uploads {
  const open = new Map<string, Upload>();
  const ended = new Map<string, boolean>();
  let made = 0;
  // Characters that come back otherwise when a query is taken apart and put together again.
  const rest = hasPlainState ? '' : '%2Fa+b%20c~%7e==&part=%C3%A9&empty';
  const nextState = (id: string) => `_state=${hash(`${id} ${made++}`)}${rest}`;
  return {
    begin: (repository) => {
      const id = `up-${hash(`${repository} ${made++}`)}`;
      const state = nextState(id);
      const upload = { id, repository, chunks: [], sizeBytes: 0, state, heldStates: [], hasShortChunk: false };
      open.set(id, upload);
      return upload;
    },
    find: (repository, id) => {
      const upload = open.get(id);
      return upload?.repository === repository ? upload : undefined;
    },
    isEndKnown: (id) => ended.get(id) ?? null,
    turn: (upload) => {
      upload.heldStates.push(upload.state);
      upload.state = nextState(upload.id);
    },
    settle: (upload, state) => {
      if (upload.state === state) upload.heldStates = [];
    },
    end: (id) => {
      if (open.delete(id)) ended.set(id, false);
    },
    tellEnd: (id) => void ended.set(id, true),
    count: () => open.size,
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}
