import { open, readFile } from 'node:fs/promises';
import { isSystemError } from '../../errors.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';

/** How much of every blob an archive that is being written has. A pull that goes on hashes that before it believes it. */
export interface PullJournal {
  /** 0 for what nothing was noted of. */
  readonly heldBytes: (digest: Digest) => number;
  readonly note: (digest: Digest, bytes: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the journal of an archive. The first line says what the archive is to be; each further one a blob's digest and how
 * many of its bytes are in the archive, and the last one of a blob counts. Where `plan` is another one, or the journal is
 * not `isValid`, it begins anew. Throws the system's errors.
 */
export async function openJournal(path: string, plan: Digest, isValid: boolean): Promise<PullJournal> {
  const [first, ...lines] = (await readIfThere(path)).split('\n');
  const isSame = first === plan && isValid;
  const held = new Map(isSame ? lines.flatMap(parseLine) : []);
  const file = await open(path, isSame ? 'a' : 'w');
  const write = async (text: string) => {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length;) {
      written += (await file.write(bytes, written, bytes.length - written)).bytesWritten;
    }
  };
  try {
    // A last line that is not whole ends here.
    await write(isSame ? '\n' : `${plan}\n`);
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    heldBytes: (digest) => held.get(digest) ?? 0,
    note: async (digest, bytes) => {
      held.set(digest, bytes);
      await write(`${digest} ${bytes}\n`);
    },
    close: () => file.close(),
  };
}

function parseLine(line: string): readonly (readonly [Digest, number])[] {
  const [, digest, bytes] = /^(\S+) (\d{1,15})$/.exec(line) ?? [];
  return isDigest(digest) ? [[digest, Number(bytes)]] : [];
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
    throw error;
  }
}
