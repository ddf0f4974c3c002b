import { ForkwrightError } from '../errors.ts';
import { retry, type Pauses } from '../http/retry.ts';
import { showUrl } from '../http/show-url.ts';
import type { NpmRegistry } from './npm-config.ts';
import { request, type Answer } from './request.ts';

export interface NpmPackage {
  readonly package: string;
  readonly version: string;
  /** What the recipe wants, `sha512-…`. */
  readonly integrity: string;
}

interface NpmDeps {
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  readonly pauses: Pauses;
}

const PUBLIC_HOST = 'registry.npmjs.org';
const MAX_METADATA_BYTES = 4 * 1024 * 1024;

/**
 * Asks a registry where a package's tarball is, and compares what it says of its integrity with the recipe before anything
 * is downloaded. Throws `prebuilt.integrity-mismatch`, `npm.malformed`, `download.*`.
 * Specification: npm registry API, "getPackageVersion".
 */
export async function locateTarball(
  { package: name, version, integrity }: NpmPackage,
  registry: NpmRegistry,
  deps: NpmDeps,
): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }> {
  const url = `${registry.url}${name.replace('/', '%2f')}/${encodeURIComponent(version)}`;
  const metadata = await retry(() => getJson(url, registry, deps), deps.pauses, deps.signal);
  const dist = readKey(metadata, 'dist');
  const tarball = readKey(dist, 'tarball');
  if (typeof tarball !== 'string' || !URL.canParse(tarball, registry.url)) {
    throw new ForkwrightError('npm.malformed', 'the registry names no tarball', { place: showUrl(url) });
  }
  const published = readKey(dist, 'integrity');
  if (typeof published === 'string' && !agree(published, integrity)) {
    throw new ForkwrightError(
      'prebuilt.integrity-mismatch',
      `the registry's integrity is ${published}, the recipe wants ${integrity}`,
      {
        place: showUrl(url),
        hint: `\`npm view ${name}@${version} dist.integrity\` shows it; a version never changes, so find out why it did`,
      },
    );
  }
  const target = placeTarball(new URL(tarball, registry.url), new URL(registry.url));
  return { url: target.href, headers: target.origin === new URL(registry.url).origin ? registry.headers : {} };
}

/**
 * Where a tarball is had when the metadata came from `registry`. npm's replace-registry-host: a mirror may pass on metadata
 * that still names the public host; the mirror's own path is put in front then.
 */
function placeTarball(tarball: URL, registry: URL): URL {
  const placed = new URL(tarball);
  const folder = registry.pathname.replace(/\/$/, '');
  if (tarball.hostname === PUBLIC_HOST && registry.hostname !== PUBLIC_HOST) {
    placed.protocol = registry.protocol;
    placed.hostname = registry.hostname;
    placed.port = registry.port;
    if (!tarball.pathname.startsWith(`${folder}/`)) placed.pathname = `${folder}${tarball.pathname}`;
  }
  // A registry behind a proxy may not know that it is reached by TLS; the token must not go without it.
  if (placed.host === registry.host && registry.protocol === 'https:') placed.protocol = 'https:';
  return placed;
}

async function getJson(url: string, registry: NpmRegistry, deps: NpmDeps): Promise<unknown> {
  const headers = { ...registry.headers, accept: 'application/json' };
  const text = await request(url, { ...deps, headers }, (answer) => readText(answer, url));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ForkwrightError('npm.malformed', 'the registry answered with something else than JSON', {
      place: showUrl(url),
      cause,
    });
  }
}

async function readText({ body }: Answer, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_METADATA_BYTES) {
      throw new ForkwrightError('npm.malformed', 'the registry answered with more than 4 MiB', { place: showUrl(url) });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readKey(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

/** Whether two integrities have no algorithm in common that they disagree on. */
function agree(published: string, wanted: string): boolean {
  const hashes = (text: string) => text.split(/\s+/).map((each) => each.split('-', 2));
  return hashes(wanted).every(([algorithm, hash]) => {
    const same = hashes(published).filter(([other]) => other === algorithm);
    return same.length === 0 || same.some(([, other]) => other === hash);
  });
}
