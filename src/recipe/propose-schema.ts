import { validRange } from 'semver';
import * as z from 'zod';
import { line, matching, section } from './field.ts';

/** The days of the week as Date counts them in UTC. */
export const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

// What git takes for a part of a branch's name and nobody has to quote. Specification: git-check-ref-format(1).
const BRANCH = /^(?!.*(?:\.\.|\/\/|\.lock(?:\/|$)|\/\.|\.\/))[A-Za-z0-9_][A-Za-z0-9_./-]*(?<![./])$/;
const DAY = /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$/;

const versions = line
  .refine((text) => validRange(text) !== null || isHash(text), {
    error: 'is no range of versions, no commit and no digest',
    params: { hint: 'like >=2, 33e8500f8a21 or sha256:…' },
  })
  .describe('Versions that are passed over: a semver range, the beginning of a commit, or the digest of an image');

const ignoreSchema = section({
  recipe: line.describe('The recipe, * for any characters; all of them without it').optional(),
  what: line.describe('`upstream`, `base` for all images, or the name of an image, * for any characters'),
  versions: versions.optional(),
  until: matching(DAY, 'is not a date', 'like 2027-01-01')
    .describe('The day from which the rule does not hold any more, in UTC')
    .optional(),
  because: line.describe('Why, for the report').optional(),
});

const scheduleSchema = section({
  days: z.array(z.enum(WEEKDAYS)).min(1, 'is empty').describe('Days of the week; all of them without it').optional(),
  hours: matching(/^(?:[01]?[0-9]|2[0-3])-(?:[01]?[0-9]|2[0-4])$/, 'is no span of hours', 'like 6-18 or 22-4')
    .describe('From the beginning of one hour to the beginning of another; all day without it')
    .optional(),
});

const count = z.int().min(1, 'is less than 1').max(1000, 'is more than 1000');

/** What `propose` does with news, and when. */
export const proposeSchema = section({
  project: matching(/^(?:https?:\/\/[^\s/@?#]+\/)?[^\s/:@?#]+(?:\/[^\s/:@?#]+)+$/, 'is not a project')
    .describe("The workspace's project: https://gitlab.example.com/repos/forks, or its path; without it the pipeline's")
    .optional(),
  targetBranch: matching(BRANCH, 'is not a name of a branch')
    .describe("Where merge requests go; the project's default branch without it")
    .optional(),
  branchPrefix: matching(
    /^(?!.*(?:\.\.|\/\/))[A-Za-z0-9_][A-Za-z0-9_./-]*[/-]$/,
    'is not the beginning of a branch',
    'like forkwright/',
  )
    .describe('What names of branches begin with; forkwright/ without it')
    .optional(),
  labels: z
    .array(line.regex(/^[^,]+$/, 'has a comma in it'))
    .describe('Labels of merge requests')
    .optional(),
  maxOpen: count.describe('How many merge requests are open at once at most').optional(),
  maxNew: count.describe('How many are made in one run at most').optional(),
  coolDownDays: z
    .int()
    .min(0, 'is less than 0')
    .max(365, 'is more than 365')
    .describe('How old news have to be')
    .optional(),
  schedule: scheduleSchema.describe('When merge requests are made and changed, in UTC; always without it').optional(),
  groupByBase: z
    .boolean()
    .describe('Whether recipes with the same new images and no other news go together')
    .optional(),
  ignore: z.array(ignoreSchema).describe('News that are passed over').optional(),
});
export type ProposeFields = z.infer<typeof proposeSchema>;

function isHash(text: string): boolean {
  return /^(?:[0-9a-f]{7,64}|sha256:[0-9a-f]{7,64})$/.test(text);
}
