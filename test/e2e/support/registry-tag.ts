import { createHash } from 'node:crypto';

const ACCEPT = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'];
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';

interface Index {
  readonly manifests: readonly { readonly digest: string; readonly platform?: { readonly architecture?: string } }[];
}

/** Reads a manifest or an index, as the registry has it. */
export async function readTag(host: string, repository: string, tag: string): Promise<{ text: string; type: string }> {
  const answer = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, {
    headers: { accept: [...ACCEPT, MANIFEST].join(', ') },
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${repository}:${tag} is ${answer.status} ${text}`);
  return { text, type: answer.headers.get('content-type') ?? '' };
}

/** Puts a manifest or an index under a tag or its digest. */
export async function writeTag(host: string, repository: string, tag: string, text: string, type: string) {
  const url = `http://${host}/v2/${repository}/manifests/${tag}`;
  const answer = await fetch(url, { method: 'PUT', headers: { 'content-type': type }, body: text });
  if (answer.status !== 201) throw new Error(`${repository}:${tag}: ${answer.status} ${await answer.text()}`);
}

interface Manifest {
  readonly config?: { readonly digest: string };
  readonly layers?: readonly { readonly digest: string }[];
  readonly manifests?: readonly { readonly digest: string }[];
}

/** Puts an image with all its platforms into another repository of the same registry; no blob is sent. */
export async function copyTag(host: string, from: string, to: string, tag: string): Promise<void> {
  const { text, type } = await readTag(host, from, tag);
  const { manifests = [], config, layers = [] } = JSON.parse(text) as Manifest;
  for (const { digest } of manifests) await copyTag(host, from, to, digest);
  for (const { digest } of config === undefined ? [] : [config, ...layers]) {
    const mount = `http://${host}/v2/${to}/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`;
    const { status } = await fetch(mount, { method: 'POST' });
    if (status !== 201) throw new Error(`${digest} of ${from} cannot be mounted: ${status}`);
  }
  await writeTag(host, to, tag, text, type);
}

/**
 * Moves a tag of an index on to another image for one architecture: the same layers, and a manifest with one more annotation.
 * The other platforms stay as they are. Gives what brings the tag back.
 */
export async function moveArchitecture(host: string, repository: string, tag: string, architecture: string) {
  const old = await readTag(host, repository, tag);
  const index = JSON.parse(old.text) as Index;
  const manifests = await Promise.all(
    index.manifests.map(async (child) => {
      if (child.platform?.architecture !== architecture) return child;
      const { text, type } = await readTag(host, repository, child.digest);
      const moved = JSON.stringify({ ...(JSON.parse(text) as object), annotations: { 'org.example.moved': 'yes' } });
      const digest = `sha256:${createHash('sha256').update(moved).digest('hex')}`;
      await writeTag(host, repository, digest, moved, type);
      return { ...child, digest, size: Buffer.byteLength(moved) };
    }),
  );
  await writeTag(host, repository, tag, JSON.stringify({ ...index, manifests }), old.type);
  return () => writeTag(host, repository, tag, old.text, old.type);
}
