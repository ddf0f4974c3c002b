import { judgeAccess, scopesOf } from './access.ts';
import { answer, contentLength, Refusal, refusal, type Answer, type Exchange, type ListenerName } from './answer.ts';
import { createFaults, type Fault, type FaultPlan, type FaultRule } from './faults.ts';
import type { RegistryOptions } from './options.ts';
import { answerRoute, repositoryOfPath } from './routes.ts';
import { serve, type Connections, type Listener, type Service } from './serve.ts';
import { checkStorage, repositoryOf, type Storage, type StoredRepository } from './storage.ts';
import { createSignedStorage } from './storage-server.ts';
import { answerToken } from './token-server.ts';
import { createTokens } from './tokens.ts';
import { createUploads } from './uploads.ts';
import { createWatch, type SeenRequest } from './watch.ts';
import type { World } from './world.ts';

export interface TestRegistry {
  /** `127.0.0.1:1234`, as it is in the name of an image. */
  readonly host: string;
  /** `http://127.0.0.1:1234` */
  readonly url: string;
  /** Every host of the registry, by what it is for. */
  readonly hosts: Readonly<Record<ListenerName, string>>;
  /** What is in a repository; an empty one is made where there is none. */
  readonly repository: (name: string) => StoredRepository;
  /** Adds faults, behind those that are there. */
  readonly fail: (...faults: readonly (FaultRule | FaultPlan)[]) => void;
  /** Takes all faults away. */
  readonly calm: () => void;
  /** Every token until now is refused from now on. */
  readonly expireTokens: () => void;
  /** Every request to any of the hosts, in the order of arrival. */
  readonly requests: readonly SeenRequest[];
  /** What clients did against the protocol, or against safety. */
  readonly violations: readonly string[];
  readonly connections: (listener?: ListenerName) => Connections;
  /** Upload sessions that were neither ended nor cancelled. */
  readonly openUploads: () => number;
  /** Everything that refers to something missing or wrong. Empty is what it must be. */
  readonly checkIntegrity: () => readonly string[];
  readonly close: () => Promise<void>;
}

/**
 * Starts a registry in memory, with its token server, its storage and a second host, each on a port of 127.0.0.1. It holds
 * its clients to distribution-spec 1.1, and fails as it is told to. Whoever opens it closes it.
 */
export async function openRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const { auth = { kind: 'none' }, tls } = options;
  const violations: string[] = [];
  const violate = (text: string) => void violations.push(text);
  const storage: Storage = new Map();
  const uploads = createUploads(options.hasPlainState === true);
  const faults = createFaults();
  const tokens = auth.kind === 'bearer' ? createTokens(auth.tokenUses, auth.fixedToken) : createTokens();
  const signed = createSignedStorage(options.hasRanges !== false, options.signedUses);
  const requests: SeenRequest[] = [];
  const watch = createWatch(auth, tokens, violate);
  const listeners = new Map<ListenerName, Listener>();
  const hostOf = (name: ListenerName) => listeners.get(name)?.host ?? '';
  const origin = (name: ListenerName) => `${tls === undefined ? 'http' : 'https'}://${hostOf(name)}`;
  const sign = (bytes: Buffer) => `${origin('storage')}${signed.sign(bytes)}`;
  const world: World = { options, storage, uploads, origin, violate, sign };

  const answerRegistry = async (exchange: Exchange): Promise<Answer> => {
    requireSize(options, exchange);
    const repository = repositoryOfPath(exchange.path);
    const scopes = scopesOf(exchange, repository);
    const denied = judgeAccess(auth, tokens, `${origin('tokens')}/token`, exchange, scopes);
    if (denied !== null) throw denied;
    return answerRoute(world, exchange);
  };
  // The signed address of an upload lets in whoever has it, as storage does; credentials have no business here.
  const answerOther = async (exchange: Exchange): Promise<Answer> => {
    requireSize(options, exchange);
    if (exchange.headers.authorization !== undefined || !/\/blobs\/uploads\/./.test(exchange.path)) {
      throw refusal(400, 'UNSUPPORTED', 'only for uploads, and without Authorization');
    }
    return answerRoute(world, exchange);
  };
  const answers: Readonly<Record<ListenerName, Service['answer']>> = {
    registry: answerRegistry,
    other: answerOther,
    storage: async (exchange) => signed.answer(exchange),
    tokens: async (exchange) => {
      if (auth.kind !== 'bearer') return answer(404);
      return answerToken(auth, tokens, exchange, violate);
    },
  };
  const applyFault = (fault: Fault, { path }: Exchange) => {
    if (fault.kind === 'expire-token') tokens.expire();
    if (fault.kind === 'lose-upload') uploads.end(path.slice(path.lastIndexOf('/') + 1));
    if (fault.kind === 'move-tag') {
      repositoryOf(storage, repositoryOfPath(path) ?? '').tags.set(fault.tag, fault.digest);
    }
  };
  for (const name of ['registry', 'other', 'storage', 'tokens'] as const) {
    const service: Service = {
      answer: answers[name],
      takeFault: faults.take,
      applyFault,
      begin: (request) => {
        requests.push(request);
        watch.begin(request);
      },
      end: watch.end,
      answersEarly: options.answersEarly === true,
      onBug: (error) => violate(`the test registry failed: ${error instanceof Error ? error.stack : String(error)}`),
    };
    listeners.set(name, await serve(name, tls, service));
  }
  return {
    host: hostOf('registry'),
    url: origin('registry'),
    hosts: {
      registry: hostOf('registry'),
      other: hostOf('other'),
      storage: hostOf('storage'),
      tokens: hostOf('tokens'),
    },
    repository: (name) => repositoryOf(storage, name),
    fail: (...rules) => rules.forEach((rule) => faults.add(rule)),
    calm: faults.clear,
    expireTokens: tokens.expire,
    requests,
    violations,
    connections: (name = 'registry') => listeners.get(name)?.connections() ?? { open: 0, most: 0 },
    openUploads: uploads.count,
    checkIntegrity: () => checkStorage(storage),
    close: async () => {
      await Promise.all([...listeners.values()].map((listener) => listener.close()));
    },
  };
}

/** As a proxy in front of a registry does it: without the registry's JSON. */
function requireSize({ maxBodyBytes = Infinity }: RegistryOptions, exchange: Exchange): void {
  if ((contentLength(exchange) ?? 0) <= maxBodyBytes) return;
  const page = '<html><head><title>413 Request Entity Too Large</title></head></html>\r\n';
  throw new Refusal(answer(413, { 'content-type': 'text/html' }, page), null);
}
