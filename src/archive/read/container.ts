import type { Finding } from '../../finding.ts';
import type { SniffedCompression } from '../stream/sniff-compression.ts';

/** A file inside a container. */
export interface ContainerFile {
  /** Its name where its bytes lie, links followed. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Byte offset of the first byte in the archive; null in a folder. */
  readonly offset: number | null;
}

/** What the formats lie in: a tar file or a folder. Names are relative, without `./`, `..` and slashes at the ends. */
export interface Container {
  /** As the user named it. */
  readonly name: string;
  readonly kind: 'tar' | 'folder';
  /** Of the archive file as it was found; of all files of a folder. */
  readonly sizeBytes: number;
  /** How the archive file as a whole is compressed; offsets count in what it unpacks to. */
  readonly compression: SniffedCompression;
  /** What is wrong with the container, whatever it holds. */
  readonly findings: readonly Finding[];
  /** Names of all that is in it, folders included, each once, in its order. */
  readonly names: readonly string[];
  /** The file of a name, links inside the container followed. */
  file(name: string): ContainerFile | undefined;
  /** From `fromByte` on (0 unless given); chunks of at most 1 MiB, each valid until the next is asked for. Throws `archive.read-failed`. */
  stream(file: ContainerFile, fromByte?: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Reads a file of a container whole. Throws `archive.read-failed`. */
export async function readContainerFile(container: Container, file: ContainerFile): Promise<Buffer> {
  const bytes = Buffer.alloc(file.sizeBytes);
  let filled = 0;
  for await (const chunk of container.stream(file)) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes;
}
