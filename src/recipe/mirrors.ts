import { ForkwrightError } from '../errors.ts';
import { parseRegistryHost, parseRegistryPrefix } from './registry-name.ts';

/**
 * Gives the registries to ask instead: those of forkwright.yaml, and over them FORKWRIGHT_MIRRORS
 * (`docker.io=localhost:5000,quay.io=mirror.example.com/quay`). Throws `workspace.mirrors`.
 */
export function readMirrors(
  env: Readonly<Record<string, string | undefined>>,
  ofWorkspace: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const entries = (env['FORKWRIGHT_MIRRORS'] ?? '').split(',').filter((entry) => entry.trim() !== '');
  return { ...ofWorkspace, ...Object.fromEntries(entries.map((entry) => parseMirror(entry.trim()))) };
}

function parseMirror(entry: string): readonly [string, string] {
  const [host = '', mirror = ''] = entry.split(/=(.*)/s);
  try {
    return [parseRegistryHost(host), parseRegistryPrefix(mirror)];
  } catch (error) {
    if (!(error instanceof ForkwrightError)) throw error;
    throw new ForkwrightError(
      'workspace.mirrors',
      `FORKWRIGHT_MIRRORS has ${JSON.stringify(entry)}: ${error.message}`,
      {
        hint: 'like docker.io=mirror.example.com:5000/hub, with commas between several',
      },
    );
  }
}
