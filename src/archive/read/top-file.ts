import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { readContainerFile, type Container } from './container.ts';
import { errorFinding } from './error-finding.ts';

/**
 * Reads and parses one of the small files that say where everything is; `parse` gets its bytes and its place. Null where
 * there is none, and with a finding where it is too large or cannot be understood. Throws `archive.read-failed`.
 */
export async function parseTopFile<Parsed>(
  container: Container,
  name: string,
  maxBytes: number,
  findings: Finding[],
  parse: (bytes: Buffer, place: string) => Parsed,
): Promise<Parsed | null> {
  const file = container.file(name);
  const place = `${container.name}: ${name}`;
  if (file === undefined) return null;
  if (file.sizeBytes > maxBytes) {
    const text = `${file.sizeBytes} bytes of JSON; more than ${maxBytes} are not read`;
    findings.push({ code: 'archive.too-large', severity: 'error', place, text, hint: null });
    return null;
  }
  const bytes = await readContainerFile(container, file);
  try {
    return parse(bytes, place);
  } catch (error) {
    if (!(error instanceof ForkwrightError)) throw error;
    findings.push(errorFinding(error, error.place ?? place));
    return null;
  }
}
