import * as z from 'zod';
import { parseReference } from '../oci/reference.ts';
import {
  addFault,
  builtWord,
  line,
  matching,
  oneLine,
  parsedBy,
  section,
  textOrNonePerPlatform,
  textPerPlatform,
} from './field.ts';
import { prebuiltSchema } from './source-schema.ts';

/** The name of an environment variable, a build argument or a make variable. */
export const variableName = matching(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  'is not a name of a variable',
  'letters, digits and underscores, no digit first',
);

/** Name and value of environment variables. */
export const envSchema = z.record(variableName, oneLine);

/** Packages as apk and apt take them, with a version where one is wanted. */
export const packagesSchema = z.array(
  matching(
    /^[a-z0-9][a-z0-9+._-]*(?:[=~<>]{1,2}[A-Za-z0-9.+:~_-]+)?$/,
    'is not a package',
    'a name, or a name and a version: tar, tar=1.35-r2',
  ),
);

const image = parsedBy(parseReference).describe('Image in which the program is built, on the machine that builds');
const packages = packagesSchema.describe('Packages that are installed in that image first').optional();
const output = textPerPlatform.describe('Absolute path of the program in the image');
const finish = z
  .array(z.array(builtWord).min(1, 'is empty'))
  .describe('Commands that are run after the build, each a list of words; {built} is the path of the program')
  .optional();

/** A path below the upstream's tree. */
const treePath = matching(
  /^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[A-Za-z0-9_.@+/-]+$/,
  'is not a path in the source tree',
  'it is relative, with slashes, and does not leave the tree',
);

const goSchema = section({
  kind: z.literal('go'),
  image,
  packages,
  package: matching(/^[A-Za-z0-9_.][A-Za-z0-9_.~/-]*$/, 'is not a Go package', 'a path in the source: ./cmd/copy')
    .describe('Go package to build, "./cmd/copy"; without it the root of the source')
    .optional(),
  importPath: matching(/^[A-Za-z0-9][A-Za-z0-9_.~-]*(?:\/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*$/, 'is not an import path')
    .describe('Import path of the source; with modules: gopath')
    .optional(),
  modules: z
    .enum(['gopath', 'vendor', 'download'])
    .describe('Where dependencies come from; found out from the source where it is not said')
    .optional(),
  ldflags: textPerPlatform.describe('Flags of the linker: "-s -w"').optional(),
  tags: z
    .array(matching(/^[A-Za-z0-9_.]+$/, 'is not a build tag'))
    .describe('Build tags')
    .optional(),
  cgo: z.boolean().describe('Whether C code is built in; false without it').optional(),
  env: envSchema.describe('Environment of go build').optional(),
  finish,
  output,
}).superRefine(({ modules, importPath }, context) => {
  if (modules !== 'gopath' || importPath !== undefined) return;
  const message = '"importPath" is missing; with modules: gopath the source has to lie at its import path';
  addFault(context, message, { code: 'missing-key', isWhole: true });
});

const makeSchema = section({
  kind: z.literal('make'),
  image,
  packages,
  cross: z
    .boolean()
    .describe("Whether Debian's cross compiler builds it on the machine that builds; false without it")
    .optional(),
  targets: z
    .array(
      matching(
        /^[A-Za-z0-9_.%+@/][A-Za-z0-9_.%+@/-]*$/,
        'is not a target of make',
        'options are not taken here; NAME=value belongs under variables',
      ),
    )
    .describe('What make makes; its first target where none is named')
    .optional(),
  variables: envSchema.describe("Variables on make's command line").optional(),
  env: envSchema.describe('Environment of make').optional(),
  file: treePath.describe("The program's path in the source after make"),
  finish,
  output,
});

const dockerfileSchema = section({
  kind: z.literal('dockerfile'),
  dockerfile: treePath.describe("Path of the Dockerfile in upstream's tree, Dockerfile without it").optional(),
  target: line.describe('Stage to build; the last one where none is named').optional(),
  args: z.record(variableName, textOrNonePerPlatform).describe('Build arguments').optional(),
});

/** How the program is made. */
export const buildSchema = z.discriminatedUnion('kind', [goSchema, makeSchema, dockerfileSchema, prebuiltSchema]);
