import type { OuterCompression } from '../../archive/stream/compress.ts';
import type { FileTarget, WrittenTarget } from '../../archive/write/write-target.ts';
import type { Finding } from '../../finding.ts';
import type { OutputImage } from '../../image/convert/convert-image.ts';
import type { Deprecation } from '../../image/deprecation.ts';
import type { LayerCompression, MediaFamily } from '../../image/convert/media-type-edit.ts';
import type { Platform } from '../../platform/platform.ts';

/** The formats that can be written; see CONTRACT "Formats". */
export type OutputFormat =
  'oci-archive' | 'oci' | 'docker-archive' | 'docker-archive-legacy' | 'docker-archive-skopeo' | 'rootfs';

export interface ConvertOptions {
  readonly format: OutputFormat;
  /** What it is called for people; a layout goes there, from the invocation's folder. */
  readonly output: string;
  /** Where everything else goes. */
  readonly target: FileTarget;
  readonly compression: OuterCompression;
  readonly zstdLevel: number;
  readonly layerCompression: LayerCompression | 'keep';
  readonly mediaTypes: MediaFamily;
  readonly platform: Platform | null;
  readonly flatten: boolean;
  readonly maxLayers: number | null;
  /** The name of the result; null keeps those that the archive has. */
  readonly name: string | null;
  /** What a docker-archive is to say of its kind in index.json; nothing without it. */
  readonly deprecation?: Deprecation | null;
}

/** What was written; null where the input is broken, which the findings tell. */
export interface Converted {
  readonly written: (WrittenTarget & { readonly images: readonly NamedOutput[] }) | null;
  readonly findings: readonly Finding[];
}

/** An image of the result with all its names, those that are no references among them. */
export interface NamedOutput {
  readonly image: OutputImage;
  readonly names: readonly string[];
}
