import { ForkwrightError } from '../errors.ts';
import type { TargetInputs } from '../lock/target-inputs.ts';
import { parseReference } from '../oci/reference.ts';
import { readStoredIndex } from '../plan/local-store.ts';
import type { PublishedImage } from '../plan/published-image.ts';
import { readPublished } from '../plan/read-published.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { Invocation } from './command.ts';
import { createClient } from './open-registry.ts';

/** Where the image of a recipe may be. */
export interface Whereabouts {
  readonly recipe: string;
  /** The repository, `registry.example.org/releng/tool`; null for the index in out/. */
  readonly image: string | null;
  /** In the order in which they are asked for. */
  readonly tags: readonly string[];
}

export interface OpenPublished {
  /**
   * Finds the image of a recipe: of several tags the first one that was built from these inputs, else the first that there
   * is; null where there is none. Throws what asking the registry, and opening the archive, throws.
   */
  readonly find: (where: Whereabouts, inputs: ReadonlyMap<string, TargetInputs>) => Promise<PublishedImage | null>;
  /** Closes the connections to registries. */
  readonly close: () => Promise<void>;
}

// Whoever fails like this has been tried for long enough, or says the same of everything else.
const SILENT = /^registry\.(?:unreachable|gave-up|certificate)$/;

/**
 * Gives what looks for images that are there already, in registries themselves and not in mirrors, which may be behind. A
 * registry that does not answer is not waited for again. The client keeps to its limit of requests per host.
 */
export function openPublished(invocation: Invocation): OpenPublished {
  let client: Promise<RegistryClient> | null = null;
  const silent = new Map<string, ForkwrightError>();
  const ask = async (image: string, tag: string): Promise<PublishedImage | null> => {
    const { registry, repository } = parseReference(image);
    const before = silent.get(registry);
    if (before !== undefined) throw before;
    try {
      return await readPublished(
        `${image}:${tag}`,
        tag,
        (await (client ??= createClient(invocation))).repository({ registry, repository }),
      );
    } catch (error) {
      if (error instanceof ForkwrightError && SILENT.test(error.code)) silent.set(registry, error);
      throw error;
    }
  };
  return {
    find: async ({ recipe, image, tags }, inputs) => {
      if (image === null) return readStoredIndex(invocation.root, recipe);
      let first: PublishedImage | null = null;
      for (const tag of new Set(tags)) {
        const found = await ask(image, tag);
        if (found !== null && isBuiltFrom(found, inputs)) return found;
        first ??= found;
      }
      return first;
    },
    close: async () => (await client)?.close(),
  };
}

function isBuiltFrom({ platforms }: PublishedImage, inputs: ReadonlyMap<string, TargetInputs>): boolean {
  return [...inputs].every(([platform, { inputHash }]) => platforms.get(platform)?.record?.inputHash === inputHash);
}
