import type { Finding } from '../finding.ts';
import { parseDigest } from '../oci/digest.ts';
import { checkSections } from '../recipe/check-sections.ts';
import { parseYaml } from '../recipe/document.ts';
import { reportInto, type Fault } from '../recipe/fault.ts';
import { toFindings } from '../recipe/to-findings.ts';
import type { LockedImage, LockedManifest, RecipeLock } from './lock.ts';
import { lockSchema, type LockFields } from './lock-schema.ts';

type ImageFields = NonNullable<LockFields['images']>[string];

const HINT = 'restore it from git, or remove it and run `forkwright lock`';

/**
 * Takes the text of a lock file and gives the lock, or everything that is wrong with it, each with line and column: `yaml.*`
 * and `lock.malformed`. Unknown keys are faults: a newer forkwright may mean something by them.
 */
export function parseLock(text: string, file: string): { readonly lock: RecipeLock } | readonly Finding[] {
  const document = parseYaml(text, file);
  if (!('data' in document)) return document.map((finding) => ({ ...finding, hint: finding.hint ?? HINT }));
  const faults: Fault[] = [];
  const { fields } = checkSections(lockSchema, document.data, [], document, reportInto(faults));
  if (faults.length > 0) {
    // Nobody writes it by hand: what kind of fault it is matters to nobody.
    const findings = toFindings(faults, 'recipe', document);
    return findings.map((finding) => ({ ...finding, code: 'lock.malformed', hint: finding.hint ?? HINT }));
  }
  return { lock: toLock(fields, file) };
}

function toLock(fields: Partial<LockFields>, file: string): RecipeLock {
  const { artifacts, files, images, targets, upstreams } = fields;
  return {
    artifacts: mapOf(artifacts, (text) => text),
    files: mapOf(files, (text) => parseDigest(text, file)),
    images: mapOf(images, (image) => toImage(image, file)),
    targets: mapOf(targets, ({ inputHash, packages, sourceDateEpoch }) => ({
      inputHash: parseDigest(inputHash, file),
      epochSeconds: sourceDateEpoch === undefined ? null : Number(sourceDateEpoch),
      packages: mapOf(packages, (version) => version),
    })),
    upstreams: mapOf(upstreams, ({ commit, ref = null, time, tree, version }) => ({
      commit,
      ref,
      epochSeconds: secondsOf(time),
      tree,
      version,
    })),
  };
}

function toImage({ index, platforms, recipe }: ImageFields, file: string): LockedImage {
  if (recipe !== undefined) return { kind: 'recipe', recipe };
  return {
    kind: 'registry',
    index: index === undefined ? null : parseDigest(index, file),
    platforms: mapOf(platforms, ({ digest, created }): LockedManifest => {
      return {
        digest: parseDigest(digest, file),
        createdSeconds: created === undefined ? null : secondsOf(created),
      };
    }),
  };
}

function secondsOf(time: string): number {
  return Date.parse(time) / 1000;
}

function mapOf<In, Out>(
  record: Readonly<Record<string, In>> = {},
  convert: (value: In) => Out,
): ReadonlyMap<string, Out> {
  return new Map(Object.entries(record).map(([key, value]) => [key, convert(value)]));
}
