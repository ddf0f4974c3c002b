import { resolve } from 'node:path';
import type { ImageSource } from '../archive/read/image-source.ts';
import { ForkwrightError } from '../errors.ts';
import type { ImageReference } from '../oci/reference.ts';
import type { Platform } from '../platform/platform.ts';
import { readMirrors } from '../recipe/mirrors.ts';
import { readYamlFile, WORKSPACE_FILE } from '../recipe/read-file.ts';
import type { BlobFetcher } from '../registry/pull/blob-fetcher.ts';
import type { RegistryClient, RegistryClientOptions } from '../registry/registry-client.ts';
import type { Repository } from '../registry/repository/repository.ts';
import type { Invocation } from './command.ts';

export interface OpenRegistryOptions {
  /** Fetches only what may be of this platform; null for all. */
  readonly platform: Platform | null;
  /** Whether what refers to the image becomes part of the source. */
  readonly takesReferrers: boolean;
}

/** An image of a registry with the repository that it is read from. */
export interface OpenedRegistry {
  readonly source: ImageSource;
  readonly repository: Repository;
}

/** Makes a client for the registries of this call: proxies, credentials and certificates as the invocation has them. */
export async function createClient(invocation: Invocation): Promise<RegistryClient> {
  const { createRegistryClient } = await import('../registry/registry-client.ts');
  return createRegistryClient(await readClientOptions(invocation));
}

async function readClientOptions({ env, run, signal, registries, cwd }: Invocation): Promise<RegistryClientOptions> {
  const { createFindCredentials } = await import('../registry/access/find-credentials.ts');
  return {
    env,
    signal,
    findCredentials: createFindCredentials({ cwd, env, run, signal }),
    ...(registries.isInsecure ? { insecure: true } : {}),
    caFile: registries.caFile === null ? null : resolve(cwd, registries.caFile),
  };
}

/** Starts a thread that fetches blobs of a repository, as a client of this call would. */
export async function startFetcher(
  repository: Repository,
  invocation: Invocation,
  signal: AbortSignal,
): Promise<BlobFetcher> {
  const { startFetchThread } = await import('../registry/pull/fetch-thread.ts');
  return startFetchThread(repository, await readClientOptions(invocation), signal);
}

/**
 * Opens an image of a registry, or of the mirror that the environment or the workspace names for it; `word` is what the
 * user wrote. Closing the source closes the connections. Throws what `openRegistrySource` throws.
 */
export async function openReference(
  word: string,
  reference: ImageReference,
  options: OpenRegistryOptions,
  invocation: Invocation,
): Promise<OpenedRegistry> {
  const { mirrorRepository } = await import('../registry/source/registry-source-mirror.ts');
  const { openRegistrySource } = await import('../registry/source/registry-source.ts');
  const mirrors = readMirrors(invocation.env, await readWorkspaceMirrors(invocation.root));
  const client = await createClient(invocation);
  try {
    const repository = client.repository(mirrorRepository(reference, mirrors));
    const source = await openRegistrySource(repository, reference, {
      ...options,
      name: word,
      signal: invocation.signal,
    });
    return { repository, source: { ...source, close: async () => client.close() } };
  } catch (error) {
    client.close();
    throw sayTaken(error, word);
  }
}

/** The faults of the file are for `validate`; what it says of mirrors holds as far as it can be read. */
async function readWorkspaceMirrors(root: string): Promise<Readonly<Record<string, string>>> {
  const text = await readYamlFile(root, WORKSPACE_FILE);
  // Few say more of them than in a comment, and to load what reads the file properly takes longer than to ask the registry.
  if (typeof text !== 'string' || !text.replaceAll(/^\s*#.*$/gm, '').includes('mirrors')) return {};
  const { readWorkspaceText } = await import('../recipe/workspace-file.ts');
  return readWorkspaceText(text, WORKSPACE_FILE).defaults.settings.mirrors;
}

/** Whoever mistyped the name of a file should learn that a registry was asked, and why. */
function sayTaken(error: unknown, word: string): unknown {
  if (word.startsWith('docker://') || !(error instanceof ForkwrightError)) return error;
  if (!error.code.startsWith('registry.')) return error;
  const { code, message, place, hint, cause } = error;
  const taken = `there is no file or folder ${JSON.stringify(word)}, so it was taken for an image of a registry`;
  return new ForkwrightError(code, message, {
    ...(place === undefined ? {} : { place }),
    hint: hint === undefined ? taken : `${hint}; ${taken}`,
    cause,
  });
}
