import type { ImageSource } from '../archive/read/image-source.ts';
import { keepBlobs } from '../archive/write/keep-blobs.ts';
import type { Invocation } from './command.ts';
import { openSource } from './open-source.ts';

/**
 * Opens an archive or an image of a registry for a command that goes through its layers several times: those of a registry
 * are fetched once. Throws what `openSource` throws.
 */
export async function openKept(name: string, invocation: Invocation): Promise<ImageSource> {
  const source = await openSource(name, { config: null, platform: null, recipe: null }, invocation);
  return source.format === 'registry' ? keepBlobs(source, invocation) : source;
}
