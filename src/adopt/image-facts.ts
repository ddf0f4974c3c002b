import type { ImageSource } from '../archive/read/image-source.ts';
import type { LoadedImage } from '../image/image-set.ts';
import type { ConfigDocument } from '../oci/config.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../platform/platform.ts';
import type { ProgramFacts } from './describe-program.ts';
import type { BaseGuess } from './guess-base.ts';
import type { HistoryStep } from './history.ts';
import type { AddedPackages } from './package-database.ts';

/** An image with what has to be known of it beforehand. */
export interface StudyInput {
  readonly source: ImageSource;
  readonly image: LoadedImage;
  readonly platform: Platform;
  readonly config: ConfigDocument;
}

/** A program that neither the base nor a package brought. */
export interface ProgramFile extends ProgramFacts {
  /** Absolute; of several names of one file the first. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Permission bits. */
  readonly mode: number;
}

/** A file that was copied in and is no program. */
export interface CopiedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What was found out about the files of an image. */
export interface FileFacts {
  readonly base: BaseGuess;
  /** Null where there is no package manager. */
  readonly packages: (AddedPackages & { readonly manager: 'apk' | 'dpkg' }) | null;
  /** By path. */
  readonly programs: readonly ProgramFile[];
  readonly copied: readonly CopiedFile[];
  /** Path of the program that a container starts with, links followed; null where it is not there. */
  readonly started: string | null;
}

/** What was found out about an image. */
export interface ImageFacts {
  readonly digest: Digest;
  readonly platform: Platform;
  readonly config: ConfigDocument;
  readonly steps: readonly HistoryStep[];
  /** Layers that are the base's; 0 where that is not known. */
  readonly baseLayers: number;
  /** Null where its files cannot be looked at: those of Windows. */
  readonly files: FileFacts | null;
}
