import * as z from 'zod';
import { matching, section } from './field.ts';

const kind = z.enum(['export', 'save']).describe('`export`: root filesystem, tar.xz; `save`: docker archive, tar.zst');

const kindSchema = section({
  kind,
  deprecated: matching(/^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$/, 'is not a date', 'like 2027-01-01')
    .describe('The day from which it is not made any more; whatever reads it says so')
    .optional(),
});

/** The release files of a recipe: one per platform and kind. */
export const archivesSchema = section({
  scheme: z
    .enum(['plain', 'gitlab-runner'])
    .describe('How the files are called: <name>-<slug>, or as GitLab Runner looks for them'),
  name: matching(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/, 'is not the beginning of a file name', 'like prebuilt-alpine')
    .describe("What the files' names begin with; without it prebuilt for gitlab-runner, else the recipe's name")
    .optional(),
  kinds: z
    .array(z.union([kind, kindSchema]))
    .min(1, 'is empty')
    .describe('Which files there are; [export, save] without it')
    .optional(),
});
export type ArchivesFields = z.infer<typeof archivesSchema>;
