import * as z from 'zod';
import type { Fault, Path } from './fault.ts';
import type { IssueParams } from './field.ts';
import { hintOf } from './nearest.ts';
import { quoted } from './quoted.ts';

type Issue = z.core.$ZodIssue;

/** What is known of the checked document. */
export interface Checked {
  readonly data: unknown;
  /** How a scalar is spelt in the file; null where it is none. */
  readonly sourceOf: (path: Path) => string | null;
}

/** Gives the issues of a zod schema as faults in words for people who have never heard of it. */
export function toFaults(issues: readonly Issue[], checked: Checked): readonly Fault[] {
  return issues.flatMap((issue) => translate(issue, [], checked));
}

function translate(issue: Issue, parent: Path, checked: Checked): readonly Fault[] {
  const path: Path = [...parent, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  const value = valueAt(checked.data, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const hint = hintOf(key, issue.message.split(' '));
        return fault([...path, key], 'unknown-key', `${quoted(key)} is not a known key`, hint, 'key');
      });
    case 'invalid_key':
      // The path ends with the key; its own issues begin anew.
      return issue.issues.map((inner) => {
        const { code, message, hint } = readCustom(inner, path.at(-1));
        return fault(path, code, message, hint, 'key');
      });
    case 'invalid_union':
      return translateUnion(issue, path, checked);
    case 'invalid_type':
      return [wrongType(path, value, issue.expected, checked)];
    case 'invalid_value':
      if (typeof value !== 'string') return [wrongType(path, value, 'string', checked)];
      return [noneOf(path, value, issue.values.map(String))];
    default: {
      const { code, message, hint, at } = readCustom(issue, value);
      return [fault(path, code, message, hint, at)];
    }
  }
}

function readCustom(issue: Issue, value: unknown) {
  const params: IssueParams = issue.code === 'custom' ? (issue.params ?? {}) : {};
  return {
    code: params.code ?? 'invalid-value',
    message: params.isWhole === true ? issue.message : `${quoted(value)} ${issue.message}`,
    hint: params.hint ?? null,
    at: params.at ?? ('value' as const),
  };
}

/** A union's faults are those of the alternative that the value was meant as: the one of its type. */
function translateUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, checked: Checked): readonly Fault[] {
  const value = valueAt(checked.data, path);
  if (issue.discriminator !== undefined) {
    return typeof value === 'string'
      ? [noneOf(path, value, ('options' in issue ? (issue.options ?? []) : []).map(String))]
      : [wrongType(path, value, 'string', checked)];
  }
  const meant = issue.errors.find(
    (issues) => !issues.some(({ code, path: at }) => isTypeIssue(code) && at.length === 0),
  );
  if (meant !== undefined) return meant.flatMap((inner) => translate(inner, path, checked));
  const expected = issue.errors.flatMap(([first]) => (first?.code === 'invalid_type' ? [first.expected] : ['string']));
  return [wrongType(path, value, expected.join(' '), checked)];
}

function isTypeIssue(code: Issue['code']): boolean {
  return code === 'invalid_type' || code === 'invalid_value';
}

function noneOf(path: Path, value: string, known: readonly string[]): Fault {
  return fault(path, 'invalid-value', `${quoted(value)} is none of ${known.join(', ')}`, hintOf(value, known));
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function wrongType(path: Path, value: unknown, expected: string, { sourceOf }: Checked): Fault {
  const types = expected.split(' ');
  const wanted = [...new Set(types.map((type) => TYPE_NAMES[type] ?? type))].join(' or ');
  if (value === undefined) {
    const missing = String(path.at(-1));
    return { ...fault(path.slice(0, -1), 'missing-key', `"${missing}" is missing`, null), missing };
  }
  if (value === null) {
    return fault(path, 'wrong-type', `has no value, where ${wanted} is wanted`, 'give it one, or leave the key out');
  }
  if (types.includes('string') && (typeof value === 'number' || typeof value === 'boolean')) {
    const source = sourceOf(path) ?? String(value);
    const what = `${source} is ${typeof value === 'number' ? 'a number' : 'true or false'}, where ${wanted} is wanted`;
    return fault(path, 'unquoted', what, `quote it: ${JSON.stringify(source)}`);
  }
  const what = `${describe(value)} stands here, where ${wanted} is wanted`;
  return fault(path, 'wrong-type', what, types.includes('array') && typeof value === 'string' ? listHint(value) : null);
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : quoted(value);
}

/** A text that is meant as a list, as that list. A quoted word is not taken apart: the shell's rules are not ours. */
function listHint(text: string): string {
  const words = /["'\\$`]/.test(text) ? [text] : text.split(/\s+/).filter((word) => word !== '');
  return `write it as a list: [${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => {
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, part);
    return isThere ? Reflect.get(value, part) : undefined;
  }, data);
}

function fault(path: Path, code: string, what: string, hint: string | null, at: 'key' | 'value' = 'value'): Fault {
  return { code, severity: 'error', path, at, what, hint };
}
