import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { ForkwrightError } from '../errors.ts';
import { readProxies } from '../http/proxies.ts';
import { REAL_PAUSES, type Pauses } from '../http/retry.ts';
import type { ImageReference } from '../oci/reference.ts';
import { createAgents, type Agents } from './connection/agents.ts';
import { createAuthenticator } from './access/authenticator.ts';
import type { FindCredentials } from './access/credentials.ts';
import { findEndpoint, mayBePlain } from './connection/endpoint.ts';
import { openHost, type Host } from './connection/host.ts';
import { openRepository } from './repository/remote-repository.ts';
import { pullScope, pushScope } from './repository/remote.ts';
import type { Repository } from './repository/repository.ts';
import { DEFAULT_TIMEOUTS, type Timeouts } from './connection/timeouts.ts';
import { createTurns } from './upload/turns.ts';
import { createUploadHabits } from './upload/upload-habits.ts';
import { sendRequest, type WireRequest } from './connection/wire.ts';

const CONNECTIONS_PER_HOST = 16;

export interface RegistryClientOptions {
  /** For the proxies: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in either case; and for SSL_CERT_FILE. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends everything; a push as a whole may have a limit of its own by it. */
  readonly signal: AbortSignal;
  readonly findCredentials: FindCredentials;
  /** Hosts with port that may have any certificate, or none and speak plain HTTP; true for all. */
  readonly insecure?: readonly string[] | true;
  /** A PEM file with authorities that are trusted besides the usual ones. */
  readonly caFile?: string | null;
  readonly pauses?: Pick<Pauses, 'random' | 'sleep'>;
  /** For the life of tokens, in milliseconds. */
  readonly nowMs?: () => number;
  readonly timeouts?: Partial<Timeouts>;
  /** Requests to one host at a time; blobs that are being read are not counted. */
  readonly connectionsPerHost?: number;
  readonly userAgent?: string;
}

export interface RegistryClient {
  /**
   * Opens nothing: the registry is first asked when a method is called. Whoever is going to push looks with a token for
   * pushing: Docker Hub lets nobody look into a repository that is not there yet, but for that.
   */
  repository(reference: Pick<ImageReference, 'registry' | 'repository'>, access?: 'pull' | 'push'): Repository;
  /** Closes idle connections. */
  close(): void;
}

/**
 * Gives what talks to registries, any number of them: connections, tokens and what was learned of a registry are kept until
 * it is closed. Its methods throw as `Repository` says, and `registry.certificate` for a CA file that cannot be read.
 * Specification: OCI distribution-spec 1.1.
 */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { insecure = [], pauses = REAL_PAUSES, nowMs = () => performance.now() } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const signal = AbortSignal.any([options.signal]);
  // Every request that belongs to no single operation listens to it, and takes its listener away.
  setMaxListeners(0, signal);
  let loading: Promise<Agents> | null = null;
  let closing: Agents | null = null;
  const agents = async () => (closing = await (loading ??= loadAgents(options, timeouts.connectMs)));
  const hosts = new Map<string, ReturnType<typeof open>>();

  const open = (registry: string) => {
    const endpoint = findEndpoint(registry, insecure);
    const send = async (request: WireRequest, isHeld: boolean, until: AbortSignal) => {
      const way = (await agents()).choose(request.url, endpoint.isUnchecked, isHeld ? 'held' : 'counted');
      return sendRequest(request, { way, timeouts, signal: until });
    };
    const authenticator = createAuthenticator({
      registry,
      findCredentials: options.findCredentials,
      send: (request) => send(request, false, signal),
      mayBePlain: (url) => mayBePlain(url, insecure),
      nowMs,
      signal,
    });
    const userAgent = options.userAgent ?? 'forkwright';
    const host: Host = openHost({ registry, endpoint, userAgent, authenticator, send, signal });
    const chooseOwnWay = async (url: URL) => (await agents()).choose(url, endpoint.isUnchecked, 'single');
    return {
      host,
      registry,
      habits: createUploadHabits(),
      takeTurn: createTurns(),
      timeouts,
      pauses,
      signal,
      chooseOwnWay,
    };
  };

  return {
    repository: ({ registry, repository }, access = 'pull') => {
      const known = hosts.get(registry) ?? open(registry);
      hosts.set(registry, known);
      const readScope = access === 'push' ? pushScope(repository) : pullScope(repository);
      return openRepository({ ...known, name: repository, readScope });
    },
    close: () => closing?.close(),
  };
}

async function loadAgents(options: RegistryClientOptions, connectMs: number): Promise<Agents> {
  const { env, caFile = null, connectionsPerHost = CONNECTIONS_PER_HOST } = options;
  const files = [env['SSL_CERT_FILE'] ?? '', caFile ?? ''].filter((file) => file !== '');
  const authorities = await Promise.all(files.map((file) => readAuthorities(file)));
  return createAgents({ proxies: readProxies(env), authorities, connectMs, connectionsPerHost });
}

async function readAuthorities(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const hint = '--ca-file and SSL_CERT_FILE name PEM files';
    throw new ForkwrightError('registry.certificate', 'the file of authorities cannot be read', {
      place: path,
      hint,
      cause,
    });
  }
}
