import type { Finding, Severity } from '../../finding.ts';
import { readDeprecation, sayDeprecated } from '../../image/deprecation.ts';
import { DEFAULT_LIMITS, type ReadLimits } from '../../limits.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { MEDIA_TYPE } from '../../oci/media-type.ts';
import { parseIndex } from '../../oci/parse-manifest.ts';
import { parseStrictJson, type JsonValue } from '../../oci/strict-json.ts';
import { formatPlatform } from '../../platform/platform.ts';
import type { Root } from './image-source.ts';

// Nothing hashes these two files, so every key that nobody reads is worth a word: it may be a damaged one.
const KEYS = {
  root: new Set(['schemaVersion', 'mediaType', 'manifests', 'annotations', 'artifactType', 'subject']),
  descriptor: new Set(['mediaType', 'digest', 'size', 'urls', 'annotations', 'data', 'platform', 'artifactType']),
  platform: new Set(['architecture', 'os', 'os.version', 'os.features', 'variant', 'features']),
  layout: new Set(['imageLayoutVersion']),
};
const IMAGE_NAME = 'io.containerd.image.name';
const REF_NAME = 'org.opencontainers.image.ref.name';
// Specification: OCI image-spec, annotations.md; the others are what docker, BuildKit and containerd write, and our own records.
const ANNOTATIONS =
  /^(?:org\.opencontainers\.image\.(?:created|authors|url|documentation|source|version|revision|vendor|licenses|ref\.name|title|description|base\.digest|base\.name)|io\.containerd\.image\.name|config\.digest|vnd\.docker\.reference\.(?:type|digest)|containerd\.io\/distribution\.source\..+|io\.forkwright\.(?:input-hash|inputs))$/;

/**
 * Reads index.json: its entries become roots, entries that differ in their names only become one. `place` is where it
 * lies. Throws `json.malformed`, `index.malformed`, and what `parseDescriptor` throws. Specification: OCI image-spec,
 * image-layout.md.
 */
export function parseLayoutIndex(
  bytes: Uint8Array,
  place: string,
  limits: ReadLimits = DEFAULT_LIMITS,
): { readonly roots: readonly Root[]; readonly findings: readonly Finding[] } {
  const value = parseStrictJson(bytes, place);
  const { manifests, annotations } = parseIndex(value, MEDIA_TYPE.ociIndex, place, limits);
  const deprecation = readDeprecation(annotations);
  const deprecated = deprecation === null ? [] : [sayDeprecated(deprecation, place)];
  return { roots: joinRoots(manifests), findings: [...deprecated, ...findUnknownKeys(value, place)] };
}

/** Judges the file oci-layout. Throws `json.malformed`. Specification: OCI image-spec, image-layout.md. */
export function judgeLayoutFile(bytes: Uint8Array, place: string): readonly Finding[] {
  const value = parseStrictJson(bytes, place);
  const version = value instanceof Map ? value.get('imageLayoutVersion') : undefined;
  const findings = listUnknown(value, KEYS.layout, '', place);
  if (version === '1.0.0') return findings;
  const text = `the layout version is ${JSON.stringify(version) ?? 'missing'}; 1.0.0 is the only one there is`;
  return [...findings, { code: 'archive.layout-version', severity: 'error', place, text, hint: null }];
}

/** The image names that an entry of index.json carries: containerd's full one, else whatever the spec's says. */
function namesOf({ annotations }: Descriptor): readonly string[] {
  const name = annotations[IMAGE_NAME] ?? annotations[REF_NAME];
  return name === undefined || name === '' ? [] : [name];
}

/** docker and buildx write one entry per tag, all with the same digest. */
function joinRoots(entries: readonly Descriptor[]): readonly Root[] {
  const roots = new Map<string, Root>();
  for (const descriptor of entries) {
    const { mediaType, digest, sizeBytes, platform } = descriptor;
    const key = [mediaType, digest, sizeBytes, platform === null ? '' : formatPlatform(platform)].join(' ');
    const known = roots.get(key);
    const names = [...new Set([...(known?.names ?? []), ...namesOf(descriptor)])];
    roots.set(key, { descriptor: known?.descriptor ?? descriptor, names });
  }
  return [...roots.values()];
}

function findUnknownKeys(value: JsonValue, place: string): readonly Finding[] {
  const findings = [...listUnknown(value, KEYS.root, '', place)];
  const entries = value instanceof Map ? value.get('manifests') : undefined;
  if (!Array.isArray(entries)) return findings;
  for (const [index, entry] of entries.entries()) {
    if (!(entry instanceof Map)) continue;
    const path = `manifests[${index}]`;
    findings.push(
      ...listUnknown(entry, KEYS.descriptor, path, place),
      ...listUnknown(entry.get('platform'), KEYS.platform, `${path}.platform`, place),
      ...listUnknown(
        entry.get('annotations'),
        { has: (key) => ANNOTATIONS.test(key) },
        `${path}.annotations`,
        place,
        'note',
      ),
    );
  }
  return findings;
}

function listUnknown(
  value: JsonValue | undefined,
  known: { has(key: string): boolean },
  path: string,
  place: string,
  severity: Severity = 'warning',
): readonly Finding[] {
  if (!(value instanceof Map)) return [];
  return [...value.keys()]
    .filter((key) => !known.has(key))
    .map((key) => ({
      code: 'archive.unknown-key',
      severity,
      place: path === '' ? place : `${place}: ${path}`,
      text: `the key ${JSON.stringify(key)} is in no specification, and is ignored`,
      hint: null,
    }));
}
