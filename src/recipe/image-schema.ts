import * as z from 'zod';
import { envSchema, packagesSchema } from './build-schema.ts';
import { parseBase } from './base.ts';
import { parseDuration } from './duration.ts';
import { lines, matching, oneLine, parsedBy, section } from './field.ts';
import { fileSchema } from './source-schema.ts';
import { parseImagePath } from './workspace-path.ts';

/** A program with its arguments, exec form. */
export const commandSchema = z.array(lines);

/** Name and value of labels. */
export const labelsSchema = z.record(
  matching(/^[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$/, 'is not a name of a label', 'like org.example.team'),
  oneLine,
);

const imagePath = parsedBy(parseImagePath);
const duration = parsedBy(parseDuration);

const healthcheckSchema = section({
  command: commandSchema.min(1, 'is empty').describe('Program and arguments; 0 is healthy'),
  interval: duration.describe('Time between checks: "30s"').optional(),
  timeout: duration.describe('Time that a check may take').optional(),
  startPeriod: duration.describe('Time in which failures do not count').optional(),
  retries: z
    .int('is not a whole number')
    .min(1, 'is less than 1')
    .describe('Failures in a row that make it unhealthy')
    .optional(),
});

/** What the image holds and how it starts. */
export const imageSchema = section({
  base: parsedBy(parseBase)
    .describe('An image (alpine:3.20), scratch, or an archive of the workspace (bases/alpine.oci.tar)')
    .optional(),
  packages: packagesSchema.describe('Packages that are installed in the base').optional(),
  packageManager: z
    .enum(['apk', 'apt'])
    .describe('What installs packages; needed where the name of the base does not tell')
    .optional(),
  entrypoint: commandSchema.describe('Program and arguments, as a list').optional(),
  cmd: commandSchema.describe('Default arguments, as a list').optional(),
  env: envSchema.describe('Environment').optional(),
  user: matching(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/,
    'is not a user',
    'a name or a number, with a group where one is wanted: "65532:65532"',
  )
    .describe('Name or number, with a group where one is wanted')
    .optional(),
  workdir: imagePath.describe('Working directory').optional(),
  labels: labelsSchema.describe('Labels, besides the OCI ones that are made from the recipe').optional(),
  ports: z
    .array(
      z.union([
        z.int().min(1, 'is not a port').max(65535, 'is not a port'),
        matching(/^[1-9][0-9]{0,4}(?:\/(?:tcp|udp|sctp))?$/, 'is not a port', '8080 or 8080/tcp').refine(
          (text) => Number.parseInt(text, 10) <= 65535,
          'is not a port',
        ),
      ]),
    )
    .describe('Ports that it listens on: 8080, "8080/udp"')
    .optional(),
  volumes: z.array(imagePath).describe('Paths that are volumes').optional(),
  stopSignal: z
    .union([
      z.int().min(1, 'is not a signal').max(64, 'is not a signal'),
      matching(/^(?:SIG[A-Z0-9]+(?:[+-][0-9]+)?|[1-9][0-9]?)$/, 'is not a signal', 'SIGTERM or its number'),
    ])
    .describe('Signal that ends it: SIGTERM')
    .optional(),
  healthcheck: z
    .union([z.literal('none'), healthcheckSchema])
    .describe('A check, or none to drop that of the base')
    .optional(),
  files: z.array(fileSchema).describe('Files that are put into it').optional(),
});

/** A program that is run in the image to see that it works. */
export const testSchema = section({ run: z.array(lines).min(1, 'is empty').describe('Program and arguments') });
