// The least of a registry: manifests and small blobs in memory, on a port of 127.0.0.1; it counts what it is asked.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** Starts it. `tag(name, tag, bytes)` puts an index under a tag. */
export async function startRegistry() {
  const [manifests, blobs, counts] = [new Map(), new Map(), { GET: 0, HEAD: 0 }];
  const put = (map, key, bytes, mediaType) => {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    map.set(`${key}${digest}`, { bytes, digest, mediaType });
    return { mediaType, digest, size: bytes.length };
  };
  const server = createServer((request, response) => {
    if (request.url === '/v2/') return response.end();
    counts[request.method]++;
    const [, name, kind, reference] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(request.url) ?? [];
    const found = (kind === 'blobs' ? blobs : manifests).get(`${name}/${reference}`);
    if (found === undefined) return response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': found.mediaType,
      'content-length': found.bytes.length,
      'docker-content-digest': found.digest,
    });
    return response.end(request.method === 'HEAD' ? undefined : found.bytes);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${server.address().port}`,
    counts,
    tag: (name, tag, document) => {
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, ...document }));
      const { digest } = put(manifests, `${name}/`, bytes, INDEX);
      manifests.set(`${name}/${tag}`, { bytes, digest, mediaType: INDEX });
    },
    /** Puts an image without layers, and gives its descriptor. */
    putImage: (name, architecture, seed) => {
      const config = Buffer.from(
        JSON.stringify({ os: 'linux', architecture, config: {}, rootfs: { type: 'layers' }, seed }),
      );
      const document = {
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: put(blobs, `${name}/`, config, 'application/vnd.oci.image.config.v1+json'),
        layers: [],
      };
      return put(manifests, `${name}/`, Buffer.from(JSON.stringify(document)), MANIFEST);
    },
    close: () => server.close(),
  };
}
