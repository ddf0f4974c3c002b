import type { Finding } from '../finding.ts';
import { asObject, asText, asTexts, elements, malformed, member } from '../oci/json-spot.ts';
import { parseStrictJson } from '../oci/strict-json.ts';

/** One image of a docker archive. All of it are names of entries; nothing is ever made of them but a key. */
export interface DockerImage {
  readonly config: string;
  readonly repoTags: readonly string[];
  readonly layers: readonly string[];
}

const MAX_IMAGES = 10_000;
const KEYS = new Set(['Config', 'RepoTags', 'Layers', 'LayerSources', 'Parent']);

/**
 * Reads the manifest.json of a docker archive. `place` is where it lies. Throws `json.malformed`,
 * `docker-manifest.malformed`. Specification: Docker image spec v1.2, "Combined Image JSON + Filesystem Changeset Format".
 */
export function parseDockerManifest(
  bytes: Uint8Array,
  place: string,
): { readonly images: readonly DockerImage[]; readonly findings: readonly Finding[] } {
  const root = { value: parseStrictJson(bytes, place), path: '', place, code: 'docker-manifest.malformed' };
  if (!Array.isArray(root.value)) throw malformed(root, 'a list of images');
  if (root.value.length > MAX_IMAGES) throw malformed(root, `a list of at most ${MAX_IMAGES} images`);
  const findings: Finding[] = [];
  const images = elements(root).map((spot): DockerImage => {
    for (const key of asObject(spot).keys()) {
      if (KEYS.has(key)) continue;
      const text = `the key ${JSON.stringify(key)} is in no specification, and is ignored`;
      findings.push({
        code: 'archive.unknown-key',
        severity: 'warning',
        place: `${place}: ${spot.path}`,
        text,
        hint: null,
      });
    }
    return {
      config: asText(member(spot, 'Config')),
      repoTags: asTexts(member(spot, 'RepoTags')),
      layers: asTexts(member(spot, 'Layers')),
    };
  });
  return { images, findings };
}
