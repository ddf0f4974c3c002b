import { answer, jsonAnswer, refusal, type Answer, type Exchange } from './answer.ts';
import { deleteBlob, readBlob } from './blob-routes.ts';
import { listReferrers, listTags } from './list-routes.ts';
import { deleteManifest, putManifest, readManifestRoute } from './manifest-routes.ts';
import { requireName } from './names.ts';
import { beginUpload, cancelUpload, patchUpload, putUpload, showUpload } from './upload-routes.ts';
import type { World } from './world.ts';

type Handler = (world: World, exchange: Exchange, name: string, last: string) => Answer | Promise<Answer>;

interface Route {
  readonly path: RegExp;
  readonly handlers: Readonly<Record<string, Handler>>;
}

// A name may have parts called `blobs` or `manifests`: the last ones count.
const ROUTES: readonly Route[] = [
  {
    path: /^\/v2\/(.+)\/blobs\/uploads\/?$/,
    handlers: { POST: (world, exchange, name) => beginUpload(world, exchange, name) },
  },
  {
    path: /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/,
    handlers: { GET: showUpload, PATCH: patchUpload, PUT: putUpload, DELETE: cancelUpload },
  },
  {
    path: /^\/v2\/(.+)\/blobs\/([^/]+)$/,
    handlers: { GET: readBlob, HEAD: readBlob, DELETE: (world, _, name, digest) => deleteBlob(world, name, digest) },
  },
  {
    path: /^\/v2\/(.+)\/manifests\/([^/]+)$/,
    handlers: {
      GET: readManifestRoute,
      HEAD: readManifestRoute,
      PUT: putManifest,
      DELETE: (world, _, name, reference) => deleteManifest(world, name, reference),
    },
  },
  { path: /^\/v2\/(.+)\/tags\/list$/, handlers: { GET: (world, exchange, name) => listTags(world, exchange, name) } },
  { path: /^\/v2\/(.+)\/referrers\/([^/]+)$/, handlers: { GET: listReferrers } },
];

/** The repository that a path is about; null for `/v2/` and for what no registry has. */
export function repositoryOfPath(path: string): string | null {
  return findRoute(path)?.name ?? null;
}

/** Answers a request as a registry without any access control does. */
export async function answerRoute(world: World, exchange: Exchange): Promise<Answer> {
  if (exchange.path === '/v2/') return jsonAnswer(200, {}, { 'docker-distribution-api-version': 'registry/2.0' });
  const found = findRoute(exchange.path);
  if (found === null) {
    world.violate(`${exchange.method} ${exchange.path} is nothing that a registry has`);
    return answer(404, { 'content-type': 'text/plain' }, '404 page not found\n');
  }
  const handler = found.handlers[exchange.method];
  if (handler === undefined) {
    throw refusal(405, 'UNSUPPORTED', 'The operation is unsupported.', {
      headers: { allow: Object.keys(found.handlers).join(', ') },
    });
  }
  return handler(world, exchange, requireName(found.name), found.last);
}

function findRoute(path: string): { readonly handlers: Route['handlers']; name: string; last: string } | null {
  const decoded = path.replace(/%3a/gi, ':');
  for (const { path: pattern, handlers } of ROUTES) {
    const found = pattern.exec(decoded);
    if (found !== null) return { handlers, name: found[1] ?? '', last: found[2] ?? '' };
  }
  return null;
}
