import { createHash } from 'node:crypto';
import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import type { ReadLimits } from '../../limits.ts';
import { digestOf, parseDigest, type Digest } from '../../oci/digest.ts';
import { parseConfig } from '../../oci/parse-config.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';
import type { Container } from './container.ts';
import type { ImageSource } from './image-source.ts';
import { LAYER_TYPE, makeManifest } from './make-manifest.ts';
import { composeRootfsConfig } from './compose-rootfs-config.ts';
import type { RootfsConfig } from './rootfs-config.ts';
import { createImageSource } from './source.ts';

/**
 * Makes an image of a root filesystem tar and of a config: the tar is its one layer, byte for byte, and is read through
 * once for its digest. `sizeBytes` is the tar's own. Throws `archive.no-platform` where neither the config nor the user
 * names one, `config.malformed`, `archive.read-failed`, the signal's reason.
 */
export async function openRootfs(
  container: Container,
  sizeBytes: number,
  rootfs: RootfsConfig,
  limits: ReadLimits,
  signal: AbortSignal | undefined,
): Promise<ImageSource> {
  const file = { name: 'rootfs.tar', sizeBytes, offset: 0 };
  const hash = createHash('sha256');
  for await (const chunk of container.stream(file)) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  const diffId = parseDigest(`sha256:${hash.digest('hex')}`, container.name);
  const { document, findings } = composeRootfsConfig(rootfs, diffId);
  const bytes = Buffer.from(JSON.stringify(document));
  const { platform } = parseConfig(parseStrictJson(bytes, rootfs.place), rootfs.place);
  if (platform.os === '' || platform.arch === '') {
    throw new ForkwrightError('archive.no-platform', 'the config names no os and architecture', {
      place: rootfs.place,
      hint: 'name them: --platform linux/amd64',
    });
  }
  const config = { digest: digestOf(bytes), sizeBytes: bytes.length };
  const layer = { mediaType: LAYER_TYPE.none, digest: diffId, sizeBytes, urls: [] };
  const manifest = makeManifest(config, [layer]);
  const madeBlobs = new Map<Digest, { readonly name: string; readonly bytes: Buffer }>([
    [manifest.descriptor.digest, { name: 'manifest', bytes: manifest.bytes }],
    [config.digest, { name: 'config', bytes }],
  ]);
  const made: Finding[] = findings.map((finding) => ({ ...finding, place: container.name }));
  return createImageSource({
    container,
    format: 'rootfs',
    roots: [{ descriptor: manifest.descriptor, names: [] }],
    findings: made,
    madeBlobs,
    files: new Map([[diffId, file]]),
    isPart: null,
    limits,
  });
}
