import { openImageStore, type ImageStore } from '../../registry/source/image-store.ts';
import type { RegistryClient } from '../../registry/registry-client.ts';
import { mirrorRepository } from '../../registry/source/registry-source-mirror.ts';
import type { Invocation } from '../command.ts';
import { createClient } from '../open-registry.ts';

/** The registries that native builds take images from. */
export interface BuildRegistries {
  readonly images: ImageStore;
  /** Closes idle connections; images can be opened again afterwards. */
  readonly close: () => Promise<void>;
}

/** Gives what opens images of registries, or of their mirrors, out of the cache where they are there. Asks nobody yet. */
export function openBuildRegistries(
  mirrors: Readonly<Record<string, string>>,
  cacheFolder: string,
  invocation: Invocation,
): BuildRegistries {
  let client: Promise<RegistryClient> | null = null;
  const images = openImageStore({
    openRepository: async (reference) =>
      (await (client ??= createClient(invocation))).repository(mirrorRepository(reference, mirrors)),
    cacheFolder,
    signal: invocation.signal,
  });
  return {
    images,
    close: async () => {
      const opened = await client;
      client = null;
      opened?.close();
    },
  };
}
