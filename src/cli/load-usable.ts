import type { ImageSource } from '../archive/read/image-source.ts';
import { loadImageSet } from '../archive/read/load-images.ts';
import type { Finding } from '../finding.ts';
import type { ImageSet } from '../image/image-set.ts';

/**
 * Loads the images of a source for a command that makes something of them, with all that is wrong with it. What is absent
 * is no error here: whether it matters is known when the images are chosen. Throws `archive.read-failed`.
 */
export async function loadUsable(
  source: ImageSource,
): Promise<{ readonly set: ImageSet; readonly findings: readonly Finding[] }> {
  const { set, findings } = await loadImageSet(source);
  return {
    set,
    findings: [...source.findings.map(forgiveAbsence), ...findings.filter(({ code }) => code !== 'blob.absent')],
  };
}

/** An image of a docker archive whose config is absent is not in the set; that is told, since nothing else tells it. */
function forgiveAbsence(finding: Finding): Finding {
  const isAbsence = finding.code === 'docker-manifest.absent-blob' && finding.severity === 'error';
  return isAbsence ? { ...finding, severity: 'warning' } : finding;
}
