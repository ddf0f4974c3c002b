const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

/** Gives a number of bytes for people, in powers of 1024 with one decimal: `637 B`, `23.5 KiB`, `1.2 GiB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let size = bytes;
  let unit = '';
  for (const next of UNITS) {
    // 1023.95 would be shown as 1024.0.
    if (unit !== '' && size < 1023.95) break;
    size /= 1024;
    unit = next;
  }
  return `${size.toFixed(1)} ${unit}`;
}
