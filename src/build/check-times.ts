import { examineLayer } from '../archive/layers/examine-layer.ts';
import type { ImageSource } from '../archive/read/image-source.ts';
import type { Finding } from '../finding.ts';
import type { LoadedImage } from '../image/image-set.ts';
import type { Digest } from '../oci/digest.ts';

/**
 * Finds layers that another build would not write with the same bytes: layers of the build itself (their history has its
 * time stamp) with files newer than that, which are as new as the build. An engine leaves them so where it does not know
 * `rewrite-timestamp` (before BuildKit 0.13), or takes a layer out of its cache (moby/buildkit#4748). One warning per layer
 * with its first such file; `place` is the archive.
 */
export async function checkTimes(
  source: ImageSource,
  image: LoadedImage,
  epochSeconds: number,
  place: string,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const history = (image.config?.document.history ?? []).filter(({ isEmptyLayer }) => !isEmptyLayer);
  const { layers } = image.manifest;
  if (history.length !== layers.length) return [];
  for (const [index, { digest }] of layers.entries()) {
    const { created = null, createdBy = '' } = history[index] ?? {};
    if (created === null || Date.parse(created) !== epochSeconds * 1000) continue;
    const newer = await findNewer(source, digest, epochSeconds);
    if (newer === null) continue;
    const when = new Date(newer.mtimeSeconds * 1000).toISOString();
    findings.push({
      code: 'build.not-reproducible',
      severity: 'warning',
      place,
      text:
        `layer ${index + 1} (${createdBy}) will differ in another build: ${newer.count} of its files have the time of ` +
        `this one, first ${newer.path} (${when})`,
      hint: 'build with --no-cache; an engine before BuildKit 0.13 cannot rewrite times',
    });
  }
  return findings;
}

interface Newer {
  readonly path: string;
  readonly mtimeSeconds: number;
  count: number;
}

async function findNewer(source: ImageSource, digest: Digest, epochSeconds: number): Promise<Newer | null> {
  const newer: Newer[] = [];
  await examineLayer(source.stream(digest), digest, source.name, (_, { name, mtime }) => {
    if (mtime <= epochSeconds) return;
    const [first] = newer;
    if (first === undefined) newer.push({ path: name, mtimeSeconds: mtime, count: 1 });
    else first.count++;
  });
  return newer[0] ?? null;
}
