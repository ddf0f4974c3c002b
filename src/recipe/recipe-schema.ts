import * as z from 'zod';
import { archivesSchema } from './archives-schema.ts';
import { buildSchema } from './build-schema.ts';
import { line, lines, matching, parsedBy, platformText, section, nameText } from './field.ts';
import { imageSchema, testSchema } from './image-schema.ts';
import { overriding } from './override-schema.ts';
import { paritySchema } from './parity-schema.ts';
import { upstreamSchema, webUrl } from './upstream-schema.ts';
import { parseWorkspacePath } from './workspace-path.ts';

/** What a recipe says of every platform, and an entry of `platforms` can say otherwise. */
const targetShape = {
  title: line.describe("Name for people; the recipe's name without it").optional(),
  description: lines.describe('What the image is for, in a sentence or two').optional(),
  version: line.describe('Version of the image; without it that of the program, the release or the commit').optional(),
  licenses: matching(/^[A-Za-z0-9.+:() -]+$/, 'is not a licence expression', 'SPDX: Apache-2.0 OR MIT')
    .describe('Licences as an SPDX expression')
    .optional(),
  homepage: webUrl.describe('Where people read about it').optional(),
  upstream: upstreamSchema.describe('The project that is forked').optional(),
  patches: z
    .array(parsedBy((text) => parseWorkspacePath(text, 'patches/')))
    .describe('Patches on the source, in order; files in patches/<recipe>/')
    .optional(),
  build: buildSchema.describe('How the program is made; none without it').optional(),
  image: imageSchema.describe('What the image holds and how it starts').optional(),
  test: z.array(testSchema).describe('Programs that are run in the image to see that it works').optional(),
};

/** Tags of the CI runner, and whether it runs the platform natively (it does where that is not said). */
export const runnerSchema = z.union([
  z.array(line).max(50, 'has more than 50 tags, which is as many as GitLab takes'),
  section({
    tags: z
      .array(line)
      .max(50, 'has more than 50 tags, which is as many as GitLab takes')
      .describe('Tags of the runner'),
    native: z.boolean().describe('Whether it runs the platform without an emulator; true without it').optional(),
  }),
]);

/** The keys of an entry of `platforms` that are not overrides. */
export const platformEntryShape = {
  platform: platformText.describe('os/arch[/variant]'),
  osVersion: matching(/^[0-9]+(?:\.[0-9]+)*$/, 'is not a version of an operating system', 'like 10.0.20348.2966')
    .describe('os.version, which Windows needs')
    .optional(),
  osFeatures: z
    .array(matching(/^[A-Za-z0-9_-]+$/, 'is not an OS feature'))
    .describe('os.features')
    .optional(),
  emulate: z.boolean().describe('Whether an emulator may run what no runner runs natively').optional(),
  runner: runnerSchema.describe('Tags of the CI runner that builds it').optional(),
};

/** The name of a recipe, which its file has too. */
export const nameSchema = matching(
  /^(?=.{1,64}$)[a-z0-9]+(?:[-_][a-z0-9]+)*$/,
  'is not a name of a recipe',
  'lower-case letters and digits, single - or _ between them, at most 64',
).describe("Name of the fork; the file's name without .yaml");

/** What a recipe says of all its platforms together. */
const indexShape = {
  name: nameSchema,
  fork: nameText
    .describe("Path of the fork's project on the forge, repos/releng/tool; or the URL of its git repository")
    .optional(),
  publish: section({
    image: nameText.describe('Repository: "{registry}/tool"'),
    tags: z
      .array(nameText)
      .min(1, 'is empty')
      .describe('Tags: ["{version}", latest]; ["{version}"] without it')
      .optional(),
  })
    .describe('Where the image is published; nowhere without it')
    .optional(),
  archives: archivesSchema.describe('Release files per platform; none without it').optional(),
  parity: paritySchema.describe("Upstream's published image, to compare with").optional(),
};

/** The keys of a recipe that an entry of `platforms` cannot override: an index has one of each. */
export const INDEX_KEYS = Object.keys(indexShape);
export const TARGET_KEYS = Object.keys(targetShape);

/** What is said of one platform: the recipe's own with the overrides in it. */
export const targetSchema = section(targetShape);
export type TargetFields = z.infer<typeof targetSchema>;
export type BuildFields = z.infer<typeof buildSchema>;

const unchecked = Object.fromEntries(TARGET_KEYS.map((key) => [key, z.unknown().optional()]));

/** An entry of `platforms` by itself. What it overrides is checked where it is merged with the recipe. */
export const platformEntrySchema = section({ ...platformEntryShape, ...unchecked });

/** A recipe without what its `platforms` say. */
export const baseSchema = section({ ...indexShape, ...targetShape, platforms: z.array(z.unknown()).optional() });
export type BaseFields = z.infer<typeof baseSchema>;

/** A recipe as editors see it. */
export const recipeSchema = section({
  ...indexShape,
  ...targetShape,
  platforms: z
    .array(z.union([platformText, section({ ...platformEntryShape, ...overriding(targetSchema).shape })]))
    .min(1, 'is empty')
    .describe('Platforms, each os/arch[/variant] or a map with overrides; those of forkwright.yaml without it')
    .optional(),
});
