import * as z from 'zod';
import { parseReference } from '../oci/reference.ts';
import { parsePlatform } from '../platform/parse.ts';
import { line, matching, parsedBy, platformText, section } from './field.ts';
import { labelsSchema } from './image-schema.ts';
import { proposeSchema } from './propose-schema.ts';
import { platformEntryShape, runnerSchema } from './recipe-schema.ts';
import { parseRegistryHost, parseRegistryPrefix } from './registry-name.ts';

const runnersKey = parsedBy((text) => (text === 'default' ? null : parsePlatform(text)));

/** forkwright.yaml: what holds for all recipes of a workspace. Every key can be left out. */
export const workspaceSchema = section({
  group: matching(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/, 'is not a path of a group')
    .describe('Group of the forks on the forge, {group} in recipes: repos/releng')
    .optional(),
  registry: parsedBy(parseRegistryPrefix)
    .describe('Where images are published, {registry} in recipes: registry.example.com/releng')
    .optional(),
  labels: labelsSchema.describe('Labels of every image; those of a recipe win').optional(),
  platforms: z
    .array(z.union([platformText, section(platformEntryShape)]))
    .min(1, 'is empty')
    .describe('Platforms of the recipes that name none')
    .optional(),
  mirrors: z
    .record(parsedBy(parseRegistryHost), parsedBy(parseRegistryPrefix))
    .describe('Registry hosts and the mirrors to ask instead: docker.io: mirror.example.com:5000/hub')
    .optional(),
  runners: z
    .record(runnersKey, runnerSchema)
    .describe('Tags of the CI runners by platform; default is for all others')
    .optional(),
  pipeline: section({
    image: parsedBy(parseReference).describe('Image of the jobs, $FORKWRIGHT_IMAGE').optional(),
    command: line.describe('How jobs call forkwright, $FORKWRIGHT_COMMAND').optional(),
    engine: z
      .enum(['dind', 'socket', 'shell'])
      .describe('How jobs reach an engine: a docker:dind service, a mounted socket, or a shell runner that has one')
      .optional(),
    dindImage: parsedBy(parseReference).describe('Image of the docker:dind service, best with its digest').optional(),
    artifactsExpireIn: matching(/^(?:never|(?:\d+ ?[a-z]+ ?)+)$/, 'is not a time', 'like 3 days or 1 week')
      .describe('How long GitLab keeps archives: 1 week')
      .optional(),
    ifNeeded: z
      .boolean()
      .describe('Whether jobs fetch what is published already, built from the same, and build only the rest: false')
      .optional(),
  })
    .describe('The generated GitLab pipeline')
    .optional(),
  propose: proposeSchema.describe('Merge requests for news').optional(),
  tools: section({
    image: parsedBy(parseReference)
      .describe('Image with a shell, wget and tar that fetches programs in Dockerfiles')
      .optional(),
  })
    .describe('Tools of rendered Dockerfiles')
    .optional(),
});
