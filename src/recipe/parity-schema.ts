import * as z from 'zod';
import { parseReference } from '../oci/reference.ts';
import { line, matching, parsedBy, platformText, section } from './field.ts';

const what = matching(
  /^(?:platforms|config|packages|files)\.[^\s].*$/,
  'is not a name of a difference',
  'as `forkwright parity` prints it: config.env.PATH, packages.xz, files./bin/tool; * stands for any characters',
).describe('The difference, as `forkwright parity` names it: config.env.PATH, packages.*, files./bin/tool');

const acceptedSchema = section({
  what,
  platform: platformText.describe('The platform on which it is accepted; all of them without it').optional(),
  because: line.describe('Why it is as it should be').optional(),
});

/** What the image is compared with, and which differences are meant. */
export const paritySchema = section({
  image: parsedBy(parseReference).describe("Upstream's published image: docker/dockerfile-copy:v0.1.9"),
  accept: z
    .array(z.union([what, acceptedSchema]))
    .describe('Differences that are meant; none without it')
    .optional(),
});
export type ParityFields = z.infer<typeof paritySchema>;
