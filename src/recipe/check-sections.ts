import type * as z from 'zod';
import type { Path, Report } from './fault.ts';
import { toFaults, type Checked } from './issue.ts';
import { omitKeys, type YamlMap } from './yaml-map.ts';

export interface Sections<Fields> {
  /** The sound keys; all of them where nothing is broken. */
  readonly fields: Partial<Fields>;
  /** Keys that are there and faulty, or missing. */
  readonly broken: ReadonlySet<string>;
}

/**
 * Checks a map, which stands at `path`, and gives what of it is sound, key by key, so that one faulty key does not keep
 * the others from being looked at further. Everything that is wrong is reported.
 */
export function checkSections<Schema extends z.ZodObject>(
  schema: Schema,
  data: YamlMap,
  path: Path,
  checked: Checked,
  report: Report,
): Sections<z.infer<Schema>> {
  const result = schema.safeParse(data);
  if (result.success) return { fields: result.data as z.infer<Schema>, broken: new Set() };
  const issues = result.error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
  for (const fault of toFaults(issues, checked)) report(fault.path, fault.code, fault.what, fault);
  const broken = result.error.issues.flatMap((issue) => {
    if (issue.path[0] !== undefined) return [String(issue.path[0])];
    return issue.code === 'unrecognized_keys' ? issue.keys : [];
  });
  const fields = schema.partial().parse(omitKeys(data, broken)) as Partial<z.infer<Schema>>;
  return { fields, broken: new Set(broken) };
}
