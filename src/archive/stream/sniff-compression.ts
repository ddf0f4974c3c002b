/** How something is compressed, by its first bytes. */
export type SniffedCompression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2';

// bzip2's own magic is three letters that a file's name may begin with; the start of its first block, or of its end, is not.
const MAGIC: readonly (readonly [SniffedCompression, RegExp])[] = [
  ['gzip', /^1f8b/],
  ['zstd', /^28b52ffd/],
  ['xz', /^fd377a585a00/],
  ['bzip2', /^425a683[1-9](?:314159265359|177245385090)/],
];

/** How many bytes `sniffCompression` looks at. */
export const SNIFF_BYTES = 10;

/** Says by the first bytes of a file, ten or all that there are, how it is compressed. Names and media types lie. */
export function sniffCompression(start: Uint8Array): SniffedCompression {
  const magic = Buffer.from(start.subarray(0, SNIFF_BYTES)).toString('hex');
  return MAGIC.find(([, pattern]) => pattern.test(magic))?.[0] ?? 'none';
}
