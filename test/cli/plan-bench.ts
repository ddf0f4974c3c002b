import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { annotateInputs, makeRecord } from '../../src/plan/record.ts';
import { runProgram } from '../../src/process/run-program.ts';
import { makePlace, type Place } from '../source/repository.ts';
import { runInProcess, type CommandRun } from '../support/context.ts';
import { seededImage, seedRepository } from '../support/registry/seeded-image.ts';
import { startRegistry } from '../support/registry/registry.ts';
import type { TestRegistry } from '../support/registry/open-registry.ts';

const BASE_PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/s390x'];

/** What `why --json` says of a recipe. */
export interface WhyDocument {
  readonly targets: readonly {
    readonly platform: string;
    readonly action: string;
    readonly leaves: readonly { readonly leaf: string; readonly state: string; readonly new: string | null }[];
  }[];
}

/** A workspace with a real upstream, and a registry that plays Docker Hub and is published to. */
export interface PlanBench extends Place {
  readonly registry: TestRegistry;
  readonly forkwright: (...argv: string[]) => Promise<CommandRun>;
  readonly write: (path: string, text: string) => Promise<void>;
  /** Puts an index with records of what would be built now where a recipe's image is published. */
  readonly publish: (recipe: string, tag: string, options?: PublishOptions) => Promise<Digest>;
  /** Moves a base to other layers, for all platforms or only some. */
  readonly moveBase: (name: string, tag: string, seed: number, platforms?: readonly string[]) => void;
  /** Requests to the registry, `GET /v2/tool/manifests/1`, since it was called last. */
  readonly takeRequests: () => readonly string[];
}

export interface PublishOptions {
  readonly hasRecords?: boolean;
  /** Platforms that it has besides. */
  readonly more?: readonly string[];
}

export async function makePlanBench(recipes: Readonly<Record<string, (url: string) => string>>): Promise<PlanBench> {
  const place = await makePlace();
  onTestFinished(place.remove);
  const registry = await startRegistry();
  const seeds = new Map<string, ReadonlyMap<string, number>>();
  const base = (name: string, tag: string, of: ReadonlyMap<string, number>) => {
    seeds.set(name, of);
    const repository = registry.repository(name);
    const children = [...of].map(([platform, seed]) => {
      const image = seededImage({ seed, platforms: [platform] });
      seedRepository(repository, image);
      const [os, architecture] = platform.split('/');
      const { bytes, mediaType } = image.root;
      return { mediaType, digest: image.digest, size: bytes.length, platform: { os, architecture } };
    });
    putIndex(registry, name, children, tag);
  };
  base('library/alpine', '3.20', new Map(BASE_PLATFORMS.map((platform) => [platform, 1])));
  base('library/golang', '1.24', new Map(BASE_PLATFORMS.map((platform) => [platform, 2])));
  const env = {
    ...place.deps.env,
    FORKWRIGHT_CACHE: join(place.folder, 'cache'),
    FORKWRIGHT_MIRRORS: `docker.io=${registry.host}`,
  };
  const forkwright = (...argv: string[]) => runInProcess(argv, { cwd: place.root, env, run: runProgram });
  const write = async (path: string, text: string) => {
    await mkdir(join(place.root, path, '..'), { recursive: true });
    await writeFile(join(place.root, path), text);
  };
  await write('forkwright.yaml', `registry: ${registry.host}\n`);
  for (const [name, recipe] of Object.entries(recipes)) await write(`recipes/${name}.yaml`, recipe(place.url));
  let taken = 0;
  return {
    ...place,
    registry,
    forkwright,
    write,
    publish: async (recipe, tag, { hasRecords = true, more = [] } = {}) => {
      const { stdout } = await forkwright('why', recipe, '--json');
      const { targets } = JSON.parse(stdout) as WhyDocument;
      const repository = registry.repository(recipe);
      const records = targets.map(({ platform, leaves }) => {
        const entries = leaves.flatMap(({ leaf, new: value }) => (value === null ? [] : [[leaf, value] as const]));
        return [platform, hasRecords ? annotateInputs(makeRecord(Object.fromEntries(entries))) : null] as const;
      });
      const children = [...records, ...more.map((platform) => [platform, null] as const)].map(
        ([platform, annotations]) => {
          const image = seededImage({ seed: 9, platforms: [platform] });
          seedRepository(repository, image);
          const [os, architecture] = platform.split('/');
          const named = { mediaType: image.root.mediaType, digest: image.digest, size: image.root.bytes.length };
          return { ...named, platform: { os, architecture }, ...(annotations === null ? {} : { annotations }) };
        },
      );
      return putIndex(registry, recipe, children, tag);
    },
    moveBase: (name, tag, seed, platforms = BASE_PLATFORMS) => {
      const before = [...(seeds.get(name) ?? [])];
      base(name, tag, new Map(before.map(([platform, old]) => [platform, platforms.includes(platform) ? seed : old])));
    },
    takeRequests: () => {
      const fresh = registry.requests.slice(taken).map(({ method, path }) => `${method} ${path}`);
      taken = registry.requests.length;
      return fresh;
    },
  };
}

function putIndex(registry: TestRegistry, name: string, manifests: readonly object[], tag: string): Digest {
  const mediaType = MEDIA_TYPE.ociIndex;
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  const repository = registry.repository(name);
  repository.manifests.set(digestOf(bytes), { bytes, mediaType });
  repository.tags.set(tag, digestOf(bytes));
  return digestOf(bytes);
}

/** A recipe of a Go program that is published under its version. */
export function goRecipe(name: string, more = ''): (url: string) => string {
  return (url) => `name: ${name}
version: "1"
upstream: { git: "${url}", branch: main }
build: { kind: go, image: "golang:1.24", package: ., output: /bin/tool }
image: { base: "alpine:3.20", packages: [tar] }
platforms: [linux/amd64, linux/arm64]
publish: { image: "{registry}/${name}", tags: ["{version}"] }
${more}`;
}
