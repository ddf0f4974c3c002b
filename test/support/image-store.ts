import { parseReference } from '../../src/oci/reference.ts';
import { openImageStore, type ImageStore } from '../../src/registry/source/image-store.ts';
import type { RegistryClientOptions } from '../../src/registry/registry-client.ts';
import { SIGNAL } from './archives.ts';
import { openRepositories } from './registry-client.ts';
import type { TestRegistry } from './registry/open-registry.ts';

/** Opens a store of a test's registry, as a new run of the program would. */
export function openStore(
  registry: TestRegistry,
  cacheFolder: string,
  options: Partial<RegistryClientOptions> = {},
): ImageStore {
  const open = openRepositories(registry, options);
  return openImageStore({
    openRepository: ({ repository }) => Promise.resolve(open(repository)),
    cacheFolder,
    signal: SIGNAL,
  });
}

/** `host/base:1` as the base of a recipe, or with a digest `host/base:1@sha256:…`. */
export function imageBase(registry: TestRegistry, name: string) {
  return { type: 'image' as const, reference: parseReference(`${registry.host}/${name}`) };
}
