import { relative, resolve } from 'node:path';
import type { WrittenTarget } from '../../archive/write/write-target.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { releaseFolder } from '../../recipe/output-names.ts';
import { formatSize } from '../../report/size.ts';
import { formatTable } from '../../report/table.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { loadRecipe } from '../load-recipe.ts';
import { releaseArchives, type ReleaseSizes } from '../build/release-archives.ts';

const SCHEMA = 'forkwright.archives/v1';
const KINDS = ['export', 'save', 'flatSave'] as const;

export interface ArchivesArguments {
  readonly recipe: string;
  /** The folder, from the invocation's; null for `out/<recipe>/release` of the workspace. */
  readonly output: string | null;
}

/**
 * `forkwright archives`: writes the release files of a recipe out of the archives that were built, and says what each kind
 * takes. Throws `recipe.unknown-name`, `verify.broken-recipe`, and what `releaseArchives` throws.
 */
export async function archivesCommand(options: ArchivesArguments, invocation: Invocation): Promise<CommandResult> {
  const { cwd, root } = invocation;
  const recipe = await loadRecipe(root, options.recipe);
  const folder = options.output === null ? resolve(root, releaseFolder(recipe.name)) : resolve(cwd, options.output);
  const { files, sizes, findings } = await releaseArchives(recipe, folder, { isCompared: true }, invocation);
  const output = options.output ?? relative(cwd, folder);
  return {
    schema: SCHEMA,
    json: { recipe: recipe.name, output, files, sizes: sizes.map(toJson) },
    text: `${formatSizes(sizes)}\n${files.map(({ name }) => `${output}/${name}\n`).join('')}`,
    findings,
  };
}

function toJson({ platform, ...sizes }: ReleaseSizes): object {
  const kinds = KINDS.map((kind) => {
    const size = sizes[kind];
    return [kind, size === null ? null : { sizeBytes: size.sizeBytes, uncompressedBytes: size.contentBytes }];
  });
  return { platform: formatPlatform(platform), ...Object.fromEntries(kinds) };
}

/** Compressed sizes, how much smaller or larger than the export, and what they are without compression. */
function formatSizes(sizes: readonly ReleaseSizes[]): string {
  const titles = ['platform', 'export', 'save', '', 'flattened save', '', 'export.tar', 'save.tar', 'flattened.tar'];
  const columns = titles.map((title, index) => {
    return { title, align: index === 0 ? ('left' as const) : ('right' as const) };
  });
  const rows = sizes.map(({ platform, ...each }) => toRow(formatPlatform(platform), each));
  // Only platforms that have all kinds can be compared.
  const whole = sizes.filter((each) => KINDS.every((kind) => each[kind] !== null));
  const total = Object.fromEntries(KINDS.map((kind) => [kind, sum(whole.map((each) => each[kind]))]));
  const all = { export: total['export'] ?? null, save: total['save'] ?? null, flatSave: total['flatSave'] ?? null };
  const last = whole.length < 2 ? [] : [toRow(whole.length === sizes.length ? 'all' : 'all with every kind', all)];
  return formatTable(columns, [...rows, ...last]);
}

function toRow(label: string, sizes: Omit<ReleaseSizes, 'platform'>): readonly string[] {
  const { export: exported, save, flatSave } = sizes;
  const size = (written: WrittenTarget | null) => (written === null ? '-' : formatSize(written.sizeBytes));
  const content = (written: WrittenTarget | null) => (written === null ? '-' : formatSize(written.contentBytes));
  const against = (written: WrittenTarget | null) => {
    if (written === null || exported === null) return '';
    const percent = (written.sizeBytes / exported.sizeBytes - 1) * 100;
    return `${percent < 0 ? '' : '+'}${percent.toFixed(1)} %`;
  };
  return [
    label,
    size(exported),
    size(save),
    against(save),
    size(flatSave),
    against(flatSave),
    content(exported),
    content(save),
    content(flatSave),
  ];
}

function sum(written: readonly (WrittenTarget | null)[]): WrittenTarget {
  return {
    sizeBytes: written.reduce((total, each) => total + (each?.sizeBytes ?? 0), 0),
    contentBytes: written.reduce((total, each) => total + (each?.contentBytes ?? 0), 0),
  };
}
