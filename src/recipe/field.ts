import * as z from 'zod';
import { ForkwrightError, messageOf } from '../errors.ts';
import { parsePlatform } from '../platform/parse.ts';
import { BUILT_NAMES, findNameFaults } from './name-text.ts';

/*
 * The kinds of values that recipes and forkwright.yaml are made of. They check and change nothing, so that the JSON
 * Schema made of them speaks of the file as it is written. A check's message follows the value it is about:
 * `"a b"` + `is not a tag`.
 */

/** What a fault carries besides its message, for issue.ts. */
export interface IssueParams {
  /** Without its area; `invalid-value` where none is given. */
  readonly code?: string;
  readonly hint?: string | undefined;
  readonly at?: 'key';
  /** Whether the message is whole: the value is not put in front of it. */
  readonly isWhole?: boolean;
}

/** Reports a fault out of a superRefine. `path` goes on from the checked value. */
export function addFault(
  context: z.core.$RefinementCtx,
  message: string,
  params: IssueParams,
  path: string[] = [],
): void {
  context.addIssue({ code: 'custom', message, params: { ...params }, path });
}

/** A map with these keys and no others. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  // The message of an unknown key is the list of the known ones: issue.ts finds the nearest in it.
  const keys = Object.keys(shape).join(' ');
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? keys : undefined) });
}

// Also halves of surrogate pairs, and what else some readers take for the end of a line.
const NOT_ON_ONE_LINE = /[\p{Cc}\p{Cs}\u2028\u2029]/u;

/** A text of one line, or an empty one. */
export const oneLine = z.string().refine((text) => !NOT_ON_ONE_LINE.test(text), {
  error: 'has a line break or another control character in it',
  abort: true,
});

/** A text of one line that is not empty. */
export const line = oneLine.min(1, 'is empty');

/** A text of any number of lines. */
export const lines = z
  .string()
  .refine((text) => !/(?![\t\n])[\p{Cc}\p{Cs}]/u.test(text), 'has a control character in it');

/** A text of this form. */
export function matching(pattern: RegExp, message: string, hint?: string) {
  const params: IssueParams = { hint };
  return z
    .string()
    .refine((text) => pattern.test(text), { error: message, params: { ...params }, abort: true })
    .meta({ pattern: pattern.source });
}

/** A text that a parser takes; the error it throws is the fault. */
export function parsedBy(parse: (text: string) => unknown) {
  return line.superRefine((text, context) => {
    try {
      parse(text);
    } catch (error) {
      if (!(error instanceof ForkwrightError)) throw error;
      const code = error.code === 'platform.unknown' ? 'unknown-platform' : 'invalid-value';
      addFault(context, messageOf(error), { code, hint: error.hint, isWhole: true });
    }
  });
}

/** `os/arch[/variant]`, in any world's spelling. */
export const platformText = parsedBy(parsePlatform);

function withNames(text: z.ZodString, more: readonly string[] = []) {
  return text.superRefine((value, context) => {
    for (const { message, hint } of findNameFaults(value, more)) {
      addFault(context, message, { code: 'unknown-name-in-text', hint });
    }
  });
}

function perPlatform(text: z.ZodString) {
  return z.union([text, z.record(platformText, text)]);
}

/** A text with names in braces, `{registry}/tool`. */
export const nameText = withNames(line);

/** A word of a command that is run on a program that has just been built, `{built}`; perhaps empty. */
export const builtWord = withNames(oneLine, BUILT_NAMES);

/** Such a text, or a map from platform to one. */
export const textPerPlatform = perPlatform(nameText).meta({ id: 'textPerPlatform' });

/** The same where a text can also be empty. */
export const textOrNonePerPlatform = perPlatform(withNames(oneLine));

/** What is said for all platforms, or for each in a map. */
export type TextPerPlatform = z.infer<typeof textPerPlatform>;
