import * as z from 'zod';
import { addFault, lines, matching, platformText, section, textPerPlatform } from './field.ts';

/*
 * Where a file comes from that is not built. The keys of a source stand beside `to` or `output`, so that a source is
 * told by its key, not by a type: `url` and `sha256`, or `npm`.
 */

/** Each kind of source: the key that tells it, and the keys that have to or may stand beside that one. */
const SOURCES: Readonly<Record<string, { readonly needs: readonly string[]; readonly takes: readonly string[] }>> = {
  npm: { needs: [], takes: [] },
  url: { needs: ['sha256'], takes: ['file'] },
  githubRelease: { needs: [], takes: [] },
  image: { needs: ['path'], takes: [] },
  path: { needs: [], takes: ['sha256'] },
  content: { needs: [], takes: [] },
  upstream: { needs: [], takes: [] },
};

/** Those that only a file of the image has: a program of one would not be prebuilt. */
const OF_FILES = ['content', 'upstream'];

/** Every key of any source. */
export const SOURCE_KEYS = [...Object.keys(SOURCES), 'sha256', 'file'] as const;

/** The kinds of source that a map names; more than one is a fault. */
export function sourceKinds(map: Readonly<Record<string, unknown>>): readonly string[] {
  // With an image, path is the path inside it.
  return Object.keys(SOURCES).filter((kind) => map[kind] !== undefined && !(kind === 'path' && 'image' in map));
}

const SHA256 = 'SHA-256 in hex; or a map from platform to it';
const IN_ARCHIVE = 'Path of the file inside the tar or tar.gz archive';

const sourceShape = {
  npm: section({
    package: textPerPlatform.describe('Name of the npm package: "@esbuild/linux-{npm}"'),
    version: textPerPlatform.describe('Exact version'),
    file: textPerPlatform.describe("Path inside the package, without npm's leading package/"),
    integrity: textPerPlatform.describe('What npm view PACKAGE dist.integrity says; mostly a map from platform to it'),
  })
    .describe('A file of an npm package, from the registry that npm is configured for')
    .optional(),
  url: textPerPlatform.describe('URL of the file, or of a tar archive that holds it; needs sha256').optional(),
  sha256: textPerPlatform.describe(SHA256).optional(),
  file: textPerPlatform.describe(`${IN_ARCHIVE} behind url`).optional(),
  githubRelease: section({
    repository: textPerPlatform.describe('owner/name'),
    tag: textPerPlatform.describe('Tag of the release'),
    asset: textPerPlatform.describe('Name of the asset: "tool_{os}_{arch}.tar.gz"'),
    sha256: textPerPlatform.describe(SHA256),
    file: textPerPlatform.describe(IN_ARCHIVE).optional(),
  })
    .describe('An asset of a GitHub release')
    .optional(),
  image: textPerPlatform.describe('An image or an archive of one that holds the file at path').optional(),
  path: textPerPlatform.describe('A file of the workspace; with image: the absolute path inside the image').optional(),
};

function checkSource(kinds: readonly string[]) {
  return (map: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void => {
    const [kind, ...others] = sourceKinds(map);
    if (kind === undefined) {
      const message = `nothing says where the file comes from; one of ${kinds.join(', ')} is wanted`;
      return addFault(context, message, { code: 'missing-key', isWhole: true });
    }
    if (others[0] !== undefined) {
      const message = `${[kind, ...others].join(' and ')} all say where the file comes from; keep one`;
      return addFault(context, message, { code: 'several-sources', at: 'key', isWhole: true }, [others[0]]);
    }
    const { needs = [], takes = [] } = SOURCES[kind] ?? {};
    for (const key of needs) {
      if (map[key] === undefined) {
        addFault(context, `"${key}" is missing; ${kind} needs it`, { code: 'missing-key', isWhole: true });
      }
    }
    for (const key of SOURCE_KEYS) {
      const isStray = map[key] !== undefined && key !== kind && !needs.includes(key) && !takes.includes(key);
      if (isStray)
        addFault(context, `"${key}" does not go with ${kind}`, { code: 'stray-key', at: 'key', isWhole: true }, [key]);
    }
  };
}

/** The same for JSON Schema. */
const ONE_SOURCE = Object.entries(SOURCES).map(([kind, { needs }]) => ({
  required: [kind, ...needs],
  ...(kind === 'path' ? { not: { required: ['image'] } } : {}),
}));

const placeShape = {
  mode: matching(/^[0-7]{3,4}$/, 'is not a mode', 'write it as octal digits in quotes: "0755"')
    .describe('Permissions as octal digits in quotes, "0755"')
    .optional(),
  owner: matching(/^\d{1,10}:\d{1,10}$/, 'is not an owner', 'numbers of user and group: "0:0"')
    .refine((text) => text.split(':').every((id) => Number(id) < 2 ** 32 - 1), 'has a number above 4294967294')
    .describe('Numbers of user and group, "0:0"')
    .optional(),
};

const content = lines.refine((text) => text.endsWith('\n'), {
  error: 'does not end with a line break',
  params: { hint: 'write it as a block: content: |' },
});

/** A program that is not built; see Dockerfile's COPY for what becomes of it. */
export const prebuiltSchema = section({
  kind: z.literal('prebuilt'),
  ...sourceShape,
  output: textPerPlatform.describe('Absolute path of the program in the image'),
  ...placeShape,
})
  .superRefine(checkSource(Object.keys(SOURCES).filter((kind) => !OF_FILES.includes(kind))))
  .meta({ oneOf: ONE_SOURCE.filter(({ required }) => !required.some((key) => OF_FILES.includes(key))) });

/** A file of the image. */
export const fileSchema = section({
  ...sourceShape,
  content: z
    .union([content, z.record(platformText, content)])
    .describe('The text of the file, as it is: names in braces are not replaced')
    .optional(),
  upstream: textPerPlatform.describe("Path of the file in the upstream's tree").optional(),
  to: textPerPlatform.describe('Absolute path of the file in the image'),
  ...placeShape,
})
  .superRefine(checkSource(Object.keys(SOURCES)))
  .meta({ oneOf: ONE_SOURCE });
