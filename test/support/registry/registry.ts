import { onTestFinished } from 'vitest';
import { openRegistry, type TestRegistry } from './open-registry.ts';
import type { RegistryOptions } from './options.ts';

/** Starts a registry that is gone after the test: see `openRegistry`. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const registry = await openRegistry(options);
  onTestFinished(registry.close);
  return registry;
}
