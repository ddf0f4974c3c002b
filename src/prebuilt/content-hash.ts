import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { isSystemError } from '../errors.ts';

/** The hash that some content must have. */
export interface ContentHash {
  readonly algorithm: 'sha256' | 'sha384' | 'sha512';
  /** Lower case. */
  readonly hex: string;
}

/** Gives the hash of an integrity text, `sha512-<base64>`. Throws TypeError for any other text. Specification: W3C SRI. */
export function fromIntegrity(integrity: string): ContentHash {
  const [name = '', base64 = ''] = integrity.split('-', 2);
  const algorithm = (['sha256', 'sha384', 'sha512'] as const).find((known) => known === name);
  if (algorithm === undefined) throw new TypeError(`${JSON.stringify(integrity)} is no integrity`);
  return { algorithm, hex: Buffer.from(base64, 'base64').toString('hex') };
}

/** Gives a hash as people compare it: `sha512-<base64>` as npm writes it, `sha256:<hex>` as everybody else. */
export function formatHash({ algorithm, hex }: ContentHash): string {
  return algorithm === 'sha256' ? `sha256:${hex}` : `${algorithm}-${Buffer.from(hex, 'hex').toString('base64')}`;
}

/** Hashes a file, in hex; null where there is none. */
export async function hashFile(path: string, { algorithm }: Pick<ContentHash, 'algorithm'>): Promise<string | null> {
  const hash = createHash(algorithm);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
  return hash.digest('hex');
}
