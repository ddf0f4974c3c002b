import type { Finding } from '../../finding.ts';
import { DEFAULT_LIMITS, type ReadLimits } from '../../limits.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { parseDigest, type Digest } from '../../oci/digest.ts';
import {
  asObject,
  asText,
  asTexts,
  elements,
  isGiven,
  malformed,
  member,
  placeOf,
  type JsonSpot,
} from '../../oci/json-spot.ts';
import { parseDescriptor } from '../../oci/parse-descriptor.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';

/** One image of a docker archive. All of it are names of entries; nothing is ever made of them but a key. */
export interface DockerImage {
  readonly config: string;
  readonly repoTags: readonly string[];
  readonly layers: readonly string[];
  /** Where docker got layers from, by diff id. */
  readonly sources: ReadonlyMap<Digest, Descriptor>;
}

const KEYS = new Set(['Config', 'RepoTags', 'Layers', 'LayerSources', 'Parent']);

/**
 * Reads the manifest.json of a docker archive. `place` is where it lies. Throws `json.malformed`,
 * `docker-manifest.malformed`. Specification: Docker image spec v1.2, "Combined Image JSON + Filesystem Changeset Format".
 */
export function parseDockerManifest(
  bytes: Uint8Array,
  place: string,
  limits: ReadLimits = DEFAULT_LIMITS,
): { readonly images: readonly DockerImage[]; readonly findings: readonly Finding[] } {
  const root = { value: parseStrictJson(bytes, place), path: '', place, code: 'docker-manifest.malformed' };
  if (!Array.isArray(root.value)) throw malformed(root, 'a list of images');
  if (root.value.length > limits.manifests) throw malformed(root, `a list of at most ${limits.manifests} images`);
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
    const layers = member(spot, 'Layers');
    if (elements(layers).length > limits.layers) throw malformed(layers, `a list of at most ${limits.layers} layers`);
    return {
      config: asText(member(spot, 'Config')),
      repoTags: asTexts(member(spot, 'RepoTags')),
      layers: asTexts(layers),
      sources: parseSources(member(spot, 'LayerSources')),
    };
  });
  return { images, findings };
}

function parseSources(spot: JsonSpot): ReadonlyMap<Digest, Descriptor> {
  if (!isGiven(spot)) return new Map();
  const entries = [...asObject(spot).keys()].map((key) => {
    const source = member(spot, key);
    return [parseDigest(key, placeOf(source)), parseDescriptor(source)] as const;
  });
  return new Map(entries);
}
