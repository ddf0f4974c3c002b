import * as z from 'zod';
import { addFault, line, matching, section } from '../recipe/field.ts';

/** The format of the file; another number is another format. */
export const LOCK_FORMAT = '1';

const digest = matching(
  /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/,
  'is not a digest',
  'sha256: and 64 hex digits in lower case',
);
const objectName = matching(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'is not a hash of git', '40 (or 64) hex digits');
const time = matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'is not a time in UTC', 'like 2024-05-01T12:00:00Z').refine(
  (text) => !Number.isNaN(Date.parse(text)),
  'is not a time',
);
const seconds = matching(/^\d{1,11}$/, 'is not a number of seconds', 'whole seconds since 1970');

const image = section({
  index: digest.optional(),
  platforms: z.record(line, section({ digest, created: time.optional() })).optional(),
  recipe: line.optional(),
}).superRefine(({ index, platforms, recipe }, context) => {
  const isOne = recipe === undefined ? platforms !== undefined : platforms === undefined && index === undefined;
  if (!isOne) addFault(context, 'either "platforms" or "recipe" is wanted', { isWhole: true });
});

/** A lock as its file has it. Every value is a text, so that no reader of YAML takes one for a number or a date. */
export const lockSchema = section({
  format: line.refine((text) => text === LOCK_FORMAT, {
    error: `is a format that this forkwright does not read; it reads ${LOCK_FORMAT}`,
  }),
  artifacts: z.record(line, line).optional(),
  files: z.record(line, digest).optional(),
  images: z.record(line, image).optional(),
  targets: z
    .record(
      line,
      section({
        inputHash: digest,
        packages: z.record(line, line).optional(),
        sourceDateEpoch: seconds.optional(),
      }),
    )
    .optional(),
  upstreams: z
    .record(line, section({ commit: objectName, ref: line.optional(), time, tree: objectName, version: line }))
    .optional(),
});

export type LockFields = z.infer<typeof lockSchema>;
