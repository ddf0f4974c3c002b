import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { isSystemError } from '../errors.ts';

/** The hash that some content must have. */
export interface ContentHash {
  readonly algorithm: 'sha256' | 'sha384' | 'sha512';
  /** Lower case. */
  readonly hex: string;
}

/** Gives the strongest hash of an integrity text that the recipe's schema has checked. Specification: W3C SRI. */
export function fromIntegrity(integrity: string): ContentHash {
  const found = (['sha512', 'sha384', 'sha256'] as const).flatMap((algorithm) => {
    const base64 = new RegExp(`(?:^|\\s)${algorithm}-([A-Za-z0-9+/]+=*)`).exec(integrity)?.[1];
    return base64 === undefined ? [] : [{ algorithm, hex: Buffer.from(base64, 'base64').toString('hex') }];
  });
  const [strongest] = found;
  if (strongest === undefined) throw new TypeError(`${JSON.stringify(integrity)} is no integrity`);
  return strongest;
}

/** Gives a hash as people compare it: `sha512-<base64>` as npm writes it, `sha256:<hex>` as everybody else. */
export function formatHash({ algorithm, hex }: ContentHash): string {
  return algorithm === 'sha256' ? `sha256:${hex}` : `${algorithm}-${Buffer.from(hex, 'hex').toString('base64')}`;
}

export function startHash({ algorithm }: ContentHash): Hash {
  return createHash(algorithm);
}

/** Hashes a file; null where there is none. */
export async function hashFile(path: string, kind: ContentHash): Promise<string | null> {
  const hash = startHash(kind);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
  return hash.digest('hex');
}
