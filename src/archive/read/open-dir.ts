import type { Finding } from '../../finding.ts';
import type { ReadLimits } from '../../limits.ts';
import { parseGraphDocument } from '../../oci/parse-manifest.ts';
import { digestOf, isDigest, type Digest } from '../../oci/digest.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';
import type { Container, ContainerFile } from './container.ts';
import type { ImageSource } from './image-source.ts';
import { describe } from './make-manifest.ts';
import { createImageSource } from './source.ts';
import { parseTopFile } from './top-file.ts';

const OWN_NAMES = /^(?:version|manifest\.json|[0-9a-f]{64}\.manifest\.json|signature-[0-9]+)$/;

/**
 * Makes a source of a folder as skopeo's `dir:` writes it: the manifest in manifest.json, every blob in a file named by the
 * hex digits of its digest, the manifests of an index in `<hex>.manifest.json`. What is wrong with the manifest is in the
 * source's findings. Throws `archive.read-failed`. Specification: containers-transports(5), "dir:path".
 */
export async function openDir(container: Container, limits: ReadLimits): Promise<ImageSource> {
  const findings: Finding[] = [];
  const root = await parseTopFile(container, 'manifest.json', limits.jsonBytes, findings, (bytes, place) => {
    const { document } = parseGraphDocument(parseStrictJson(bytes, place), '', place, limits);
    return describe(document.mediaType, digestOf(bytes), bytes.length);
  });
  const files = new Map<Digest, ContainerFile>();
  for (const name of container.names) {
    const digest = digestOfFile(name);
    const file = digest === null ? undefined : container.file(name);
    if (digest !== null && file !== undefined) files.set(digest, file);
  }
  const manifest = container.file('manifest.json');
  if (root !== null && manifest !== undefined) files.set(root.digest, manifest);
  return createImageSource({
    container,
    format: 'dir',
    roots: root === null ? [] : [{ descriptor: root, names: [] }],
    findings,
    madeBlobs: new Map(),
    files,
    isPart: (name) => OWN_NAMES.test(name) || digestOfFile(name) !== null,
    limits,
  });
}

function digestOfFile(name: string): Digest | null {
  const hex = /^([0-9a-f]+)(?:\.manifest\.json)?$/.exec(name)?.[1] ?? '';
  const digest = `${hex.length === 128 ? 'sha512' : 'sha256'}:${hex}`;
  return isDigest(digest) ? digest : null;
}
