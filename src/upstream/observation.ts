import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { isDigest, type Digest } from '../oci/digest.ts';
import { writeKeptJson } from '../cache/kept-json.ts';
import { readKept } from './answer-cache.ts';

const projectSchema = z.object({
  forge: z.enum(['github', 'gitlab']),
  id: z.number(),
  name: z.string(),
  url: z.string(),
  defaultBranch: z.string().nullable(),
  isArchived: z.boolean(),
  licence: z.string().nullable(),
  releases: z
    .array(z.object({ tag: z.string(), publishedAt: z.string().nullable(), isPrerelease: z.boolean() }))
    .readonly(),
  advisories: z
    .array(
      z.object({
        id: z.string(),
        severity: z.string().nullable(),
        summary: z.string(),
        publishedAt: z.string().nullable(),
        url: z.string(),
        ranges: z.array(z.string()).readonly(),
      }),
    )
    .readonly()
    .nullable(),
});

const observationSchema = z.object({
  refs: z
    .object({
      observedAt: z.iso.datetime(),
      defaultBranch: z.string().nullable(),
      /** Full name and object. */
      list: z.array(z.tuple([z.string(), z.string()])).readonly(),
    })
    .nullable(),
  project: z.object({ observedAt: z.iso.datetime(), value: projectSchema }).nullable(),
  /** What is compared with later on: that a name stands for another project, or has another licence. */
  first: z.object({ observedAt: z.iso.datetime(), id: z.number(), licence: z.string().nullable() }).nullable(),
});

/** What was last seen of an upstream: the state that `--offline` works with. */
export type Observation = Readonly<z.infer<typeof observationSchema>>;

export const NOTHING_SEEN: Observation = { refs: null, project: null, first: null };

const digestSchema = z.custom<Digest>((value) => isDigest(value));
const imageObservationSchema = z.object({
  observedAt: z.iso.datetime(),
  /** Null where the registry has no such image. */
  digest: digestSchema.nullable(),
  /** The manifests of an index with their platforms, written by `formatPlatform`; of one manifest alone nothing. */
  manifests: z.array(z.object({ platform: z.string(), digest: digestSchema })).readonly(),
});

/** What was last seen of an image. */
export type ImageObservation = Readonly<z.infer<typeof imageObservationSchema>>;

/** Reads what was last seen of an upstream. Throws `cache.write-failed`. */
export async function readObservation(cacheFolder: string, git: string): Promise<Observation> {
  return (await readKept(fileOf(cacheFolder, 'upstreams', git), observationSchema)) ?? NOTHING_SEEN;
}

/** Keeps what was seen of an upstream. Throws `cache.write-failed`. */
export async function keepObservation(cacheFolder: string, git: string, observation: Observation): Promise<void> {
  await writeKeptJson(fileOf(cacheFolder, 'upstreams', git), observation);
}

/** Reads what was last seen of an image, null where it never was. Throws `cache.write-failed`. */
export async function readImageObservation(cacheFolder: string, name: string): Promise<ImageObservation | null> {
  return readKept(fileOf(cacheFolder, 'images', name), imageObservationSchema);
}

/** Keeps what was seen of an image. Throws `cache.write-failed`. */
export async function keepImageObservation(
  cacheFolder: string,
  name: string,
  observation: ImageObservation,
): Promise<void> {
  await writeKeptJson(fileOf(cacheFolder, 'images', name), observation);
}

function fileOf(cacheFolder: string, kind: string, name: string): string {
  return join(cacheFolder, 'seen', kind, `${createHash('sha256').update(name).digest('hex')}.json`);
}
