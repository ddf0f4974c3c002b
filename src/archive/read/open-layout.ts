import type { Finding } from '../../finding.ts';
import type { ReadLimits } from '../../limits.ts';
import type { Container } from './container.ts';
import type { ImageSource } from './image-source.ts';
import { judgeLayoutFile, parseLayoutIndex } from './layout-index.ts';
import { openDocker } from './open-docker.ts';
import type { OpenOptions } from './open-options.ts';
import { createImageSource } from './source.ts';
import { parseTopFile } from './top-file.ts';

/**
 * Makes a source of a container with an index.json: an OCI layout, in an archive perhaps one that is a docker archive
 * beside. What is wrong with its top files is in the source's findings. Throws `archive.read-failed`. Specification: OCI
 * image-spec, image-layout.md.
 */
export async function openLayout(
  container: Container,
  limits: ReadLimits,
  options: Pick<OpenOptions, 'signal'>,
): Promise<ImageSource> {
  const findings: Finding[] = [];
  if (!container.names.includes('oci-layout')) {
    const text = 'there is no oci-layout file, so this is no OCI layout by the specification';
    findings.push({ code: 'archive.no-layout-file', severity: 'error', place: container.name, text, hint: null });
  }
  const { jsonBytes } = limits;
  const judged = await parseTopFile(container, 'oci-layout', jsonBytes, findings, judgeLayoutFile);
  const parse = (bytes: Buffer, place: string) => parseLayoutIndex(bytes, place, limits);
  const index = await parseTopFile(container, 'index.json', jsonBytes, findings, parse);
  findings.push(...(judged ?? []), ...(index?.findings ?? []));
  const source = createImageSource({
    container,
    format: container.kind === 'folder' ? 'oci' : 'oci-archive',
    roots: index?.roots ?? [],
    findings,
    madeBlobs: new Map(),
    files: new Map(),
    isPart: () => false,
    limits,
  });
  if (container.kind === 'folder' || !container.names.includes('manifest.json')) return source;
  return openDocker(container, limits, { ...options, source, findings });
}
