import { ForkwrightError } from '../../errors.ts';
import { parseStrictJson, type JsonValue } from '../../oci/strict-json.ts';
import type { Credentials } from './credentials.ts';

/** What a config.json of docker, or an auth.json of podman, says of one registry. */
export type ConfigEntry =
  | { readonly kind: 'helper'; readonly helper: string; readonly server: string }
  | { readonly kind: 'credentials'; readonly credentials: Credentials };

const HUB_SERVER = 'https://index.docker.io/v1/';
const HUB_NAMES: readonly string[] = [HUB_SERVER, 'docker.io', 'index.docker.io'];
const HELPER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** As docker writes it: the secret is an identity token. */
const TOKEN_USER = '<token>';

/**
 * Finds what a file says of a registry, in docker's order: `credHelpers`, then `credsStore`, then `auths`; null where it says
 * nothing. Hosts must be the same to the port; keys that name a path of a registry are left alone. Throws
 * `registry.credentials` for a file that is not what it should be; its text shows nothing of the file.
 * Specification: docker CLI, "docker login", "Credential stores"; containers-auth.json(5).
 */
export function findEntry(bytes: Uint8Array, registry: string, place: string): ConfigEntry | null {
  const root = parse(bytes, place);
  const names = registry === 'docker.io' ? HUB_NAMES : [registry];
  const server = registry === 'docker.io' ? HUB_SERVER : registry;
  const helpers = readMap(root, 'credHelpers', place);
  const named = [...helpers].find(([key]) => names.some((name) => isSameServer(key, name)))?.[1];
  const helper =
    readText(named, `credHelpers of ${registry}`, place) || readText(root.get('credsStore'), 'credsStore', place);
  if (helper !== '') {
    if (HELPER_NAME.test(helper)) return { kind: 'helper', helper, server };
    throw broken('the name of a credential helper is none', place);
  }
  const auths = [...readMap(root, 'auths', place)];
  for (const name of names) {
    const entry = auths.find(([key]) => key === name) ?? auths.find(([key]) => isSameServer(key, name));
    if (entry === undefined) continue;
    const credentials = readEntry(entry[1], registry, place);
    if (credentials !== null) return { kind: 'credentials', credentials };
  }
  return null;
}

/** Credentials as a name and a secret say them: docker marks an identity token by the name. */
export function makeCredentials(username: string, secret: string, source: string): Credentials {
  const identityToken = username === TOKEN_USER ? secret : null;
  return { username, secret, identityToken, registryToken: null, source };
}

/** The error for a file of credentials, or a helper, that is of no use. */
export function broken(why: string, place: string, cause?: unknown): ForkwrightError {
  const hint = 'mend the file, or write it anew by `docker login`';
  return new ForkwrightError('registry.credentials', `the credentials cannot be read: ${why}`, { place, hint, cause });
}

function parse(bytes: Uint8Array, place: string): ReadonlyMap<string, JsonValue> {
  const value = parseJson(bytes, place);
  if (value instanceof Map) return value;
  throw broken('it is no JSON object', place);
}

/** Without what the parser says, which may show a character of a secret. */
function parseJson(bytes: Uint8Array, place: string): JsonValue {
  try {
    return parseStrictJson(bytes, place);
  } catch (error) {
    if (error instanceof ForkwrightError) throw broken('it is no JSON', place);
    throw error;
  }
}

/** docker writes a host, and wrote a URL; a key without `https://` that has a path is podman's for a part of a registry. */
function isSameServer(key: string, name: string): boolean {
  return key === name || key.replace(/^https?:\/\/([^/]+)(?:\/.*)?$/, '$1') === name;
}

function readEntry(value: JsonValue, registry: string, place: string): Credentials | null {
  if (!(value instanceof Map)) throw broken(`the entry of ${registry} is no object`, place);
  const read = (key: string) => readText(value.get(key), `${key} of ${registry}`, place);
  const [auth, identityToken, registryToken] = [read('auth'), read('identitytoken'), read('registrytoken')];
  const [username, secret] = auth === '' ? [read('username'), read('password')] : decodeAuth(auth, registry, place);
  if (username === '' && identityToken === '' && registryToken === '') return null;
  const made = makeCredentials(username, secret, place);
  return {
    ...made,
    identityToken: identityToken === '' ? made.identityToken : identityToken,
    registryToken: registryToken === '' ? null : registryToken,
  };
}

function decodeAuth(auth: string, registry: string, place: string): readonly [string, string] {
  // docker's own writer once padded the text with zeros.
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  if (colon > 0) return [text.slice(0, colon), text.slice(colon + 1)];
  throw broken(`auth of ${registry} is not the base64 of a name, a colon and a password`, place);
}

function readMap(root: ReadonlyMap<string, JsonValue>, key: string, place: string): ReadonlyMap<string, JsonValue> {
  const value = root.get(key);
  if (value === undefined || value === null) return new Map();
  if (value instanceof Map) return value;
  throw broken(`${key} is no object`, place);
}

function readText(value: JsonValue | undefined, what: string, place: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw broken(`${what} is no text`, place);
}
