import { createHash } from 'node:crypto';

/** What a repository holds of one image or index, read by plain requests. */
export interface HeldImage {
  /** Of the bytes that the tag stands for. */
  readonly digest: string;
  /** The digests of all that is below it, and its own, sorted. */
  readonly digests: readonly string[];
}

interface Listed {
  readonly digest: string;
  readonly size: number;
}

interface Document {
  readonly manifests?: readonly Listed[];
  readonly layers?: readonly Listed[];
  readonly config?: Listed;
}

const MANIFESTS = ['oci.image.index.v1', 'oci.image.manifest.v1', 'docker.distribution.manifest.v2'];
const ACCEPT = [...MANIFESTS, 'docker.distribution.manifest.list.v2'].map((name) => `application/vnd.${name}+json`);

/** Reads all that a tag stands for and hashes it; throws where something is missing or not what its digest says. */
export async function readHeld(host: string, repository: string, tag: string): Promise<HeldImage> {
  const digests = new Set<string>();
  const get = async (path: string, expected: Listed | null) => {
    const answer = await fetch(`http://${host}/v2/${repository}/${path}`, { headers: { accept: ACCEPT.join(', ') } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const isRight = expected === null || (expected.digest === digest && expected.size === bytes.length);
    if (answer.status !== 200 || !isRight) throw new Error(`${repository}: ${path} is ${answer.status} ${digest}`);
    digests.add(digest);
    return { bytes, digest };
  };
  const readManifest = async (reference: string, expected: Listed | null): Promise<string> => {
    const { bytes, digest } = await get(`manifests/${reference}`, expected);
    const { manifests = [], layers = [], config } = JSON.parse(bytes.toString('utf8')) as Document;
    for (const child of manifests) await readManifest(child.digest, child);
    for (const blob of config === undefined ? [] : [config, ...layers]) {
      if (!digests.has(blob.digest)) await get(`blobs/${blob.digest}`, blob);
    }
    return digest;
  };
  const digest = await readManifest(tag, null);
  return { digest, digests: [...digests].toSorted() };
}
