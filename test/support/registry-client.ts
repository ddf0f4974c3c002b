import { onTestFinished } from 'vitest';
import { createRegistryClient, type RegistryClientOptions } from '../../src/registry/registry-client.ts';
import type { Repository } from '../../src/registry/repository/repository.ts';
import { SIGNAL } from './archives.ts';
import type { TestRegistry } from './registry/open-registry.ts';

/** Opens repositories of a test's registry, with a client that waits for nothing and is closed after the test. */
export function openRepositories(
  registry: TestRegistry,
  options: Partial<RegistryClientOptions> = {},
): (name: string) => Repository {
  const client = createRegistryClient({
    env: {},
    signal: SIGNAL,
    findCredentials: () => Promise.resolve(null),
    pauses: { random: () => 0, sleep: () => Promise.resolve() },
    ...options,
  });
  onTestFinished(() => client.close());
  return (repository) => client.repository({ registry: registry.host, repository });
}
