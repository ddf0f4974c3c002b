/** How much of an archive is read before it is refused: what it says of its own sizes is not to be trusted. */
export interface ReadLimits {
  /** Of an index, manifest, config, index.json or oci-layout: CVE-2023-25153. */
  readonly jsonBytes: number;
  /** Of a docker archive's manifest.json. */
  readonly dockerManifestBytes: number;
  /** Of a PAX header or a GNU long name. */
  readonly extensionBytes: number;
  /** Entries of one tar file, the archive's or a layer's. */
  readonly entries: number;
  /** Manifests and indexes of one archive. */
  readonly manifests: number;
  /** Layers of one image. */
  readonly layers: number;
  /** Links that are followed for one name. */
  readonly links: number;
  /** Levels of indexes. */
  readonly depth: number;
  /** What an archive that is compressed as a whole, or one that comes from stdin, may be unpacked. */
  readonly unpackedBytes: number;
  /** What anything may unpack to, however small it was: ratios of small things say nothing. */
  readonly freeBytes: number;
  /** Beyond `freeBytes`, how many times its own size anything may unpack to: CVE-2026-39396. */
  readonly ratio: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: ReadLimits = {
  jsonBytes: 4 * MIB,
  dockerManifestBytes: 20 * MIB,
  extensionBytes: MIB,
  entries: 1_000_000,
  manifests: 10_000,
  layers: 1000,
  links: 8,
  depth: 4,
  unpackedBytes: 256 * 1024 * MIB,
  freeBytes: 100 * MIB,
  ratio: 1000,
};
