import { resolve } from 'node:path';
import type { MergeOptions } from '../../image/merge.ts';
import { readInputRecord } from '../../plan/input-record-file.ts';
import { annotateInputs } from '../../plan/record.ts';
import { archivePath } from '../../recipe/output-names.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import type { Invocation } from '../command.ts';

/**
 * Gives what an index is to say of images that were built from a recipe, by their digests: of those among the archives, as
 * the user named them, that are the recipe's own in out/ and have a record of what they were built from.
 */
export async function listInputAnnotations(
  { targets }: ResolvedRecipe,
  archives: readonly string[],
  { root, cwd }: Pick<Invocation, 'root' | 'cwd'>,
): Promise<NonNullable<MergeOptions['annotations']>> {
  const paths = new Set(archives.map((archive) => resolve(cwd, archive)));
  const own = targets.filter((target) => paths.has(resolve(root, archivePath(target))));
  const kept = await Promise.all(own.map((target) => readInputRecord(root, target)));
  return new Map(kept.flatMap((each) => (each === null ? [] : [[each.digest, annotateInputs(each.record)] as const])));
}
