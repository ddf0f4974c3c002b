import { createHash } from 'node:crypto';
import { mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ZSTD_SMALL } from '../../archive/stream/compress.ts';
import type { ImageSource } from '../../archive/read/image-source.ts';
import { openImageSource } from '../../archive/read/open.ts';
import { replaceOutput } from '../../archive/write/replace-output.ts';
import { streamRange } from '../../archive/stream/stream-range.ts';
import type { WrittenTarget } from '../../archive/write/write-target.ts';
import { ForkwrightError, isSystemError } from '../../errors.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import type { OutputImage } from '../../image/convert/convert-image.ts';
import { isTag } from '../../oci/reference.ts';
import { compareText } from '../../platform/order.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../../platform/platform.ts';
import { archivePath, indexName } from '../../recipe/output-names.ts';
import type { ReleaseFile, ResolvedRecipe, Target } from '../../recipe/target.ts';
import { deprecationText, makeExportConfig, makeImportScript } from '../../render/import-script.ts';
import type { Invocation } from '../command.ts';
import { convertSource } from '../convert/archive.ts';
import type { ConvertOptions } from '../convert/options.ts';

/** What one platform's image takes as each kind of archive; null where there is none of that kind. */
export interface ReleaseSizes {
  readonly platform: Platform;
  readonly export: WrittenTarget | null;
  readonly save: WrittenTarget | null;
  readonly flatSave: WrittenTarget | null;
}

/** A file that was written, by its name in the output folder. */
export interface ReleasedFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

export interface Released {
  readonly files: readonly ReleasedFile[];
  readonly sizes: readonly ReleaseSizes[];
  readonly findings: readonly Finding[];
}

const SUMS = 'SHA256SUMS';

/**
 * Writes the release files of a recipe out of its built archives into a folder, with the files that give exports their
 * config back and SHA256SUMS. The archives of all platforms must be there. With `isCompared` a save of one layer is made
 * of each and thrown away, for the table of sizes only; else `flatSave` is null. Throws `archives.none`, `archives.not-built`,
 * `archives.broken`, and what converting throws.
 */
export async function releaseArchives(
  recipe: ResolvedRecipe,
  folder: string,
  options: { readonly isCompared: boolean },
  invocation: Invocation,
): Promise<Released> {
  if (recipe.archives === null) {
    const hint = 'add archives: {scheme: plain}';
    throw new ForkwrightError('archives.none', 'the recipe has no archives', { place: recipe.file, hint });
  }
  await requireBuilt(recipe, invocation.root);
  await mkdir(folder, { recursive: true });
  // It says that everything is there; what a run that was killed left behind would not be what an older one sums up.
  await rm(join(folder, SUMS), { force: true });
  const names: string[] = [];
  const sizes: ReleaseSizes[] = [];
  const findings: Finding[] = [];
  for (const target of recipe.targets) {
    const files = recipe.archives.files.filter(({ platform }) => isSamePlatform(platform, target.platform));
    const released = await releaseTarget(recipe, target, files, folder, options, invocation);
    names.push(...released.names);
    sizes.push(released.sizes);
    findings.push(...released.findings);
  }
  const deprecated = recipe.archives.files.flatMap((file) => deprecationText(file) ?? []);
  for (const text of deprecated) {
    findings.push({ code: 'archives.deprecated', severity: 'note', place: recipe.file, text, hint: null });
  }
  const files: ReleasedFile[] = [];
  for (const name of names.toSorted(compareText)) files.push(await hashFile(folder, name));
  const sums = files.map(({ sha256, name }) => `${sha256}  ${name}\n`).join('');
  await writeText(join(folder, SUMS), sums, 0o644);
  return { files, sizes, findings };
}

async function requireBuilt(recipe: ResolvedRecipe, root: string): Promise<void> {
  const missing: string[] = [];
  for (const target of recipe.targets) {
    try {
      await stat(join(root, archivePath(target)));
    } catch (error) {
      if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
      missing.push(formatPlatform(target.platform));
    }
  }
  if (missing.length === 0) return;
  throw new ForkwrightError('archives.not-built', `there is no archive for ${missing.join(', ')}`, {
    place: recipe.file,
    hint: `\`forkwright build ${recipe.name}\` writes them`,
  });
}

async function releaseTarget(
  recipe: ResolvedRecipe,
  target: Target,
  files: readonly ReleaseFile[],
  folder: string,
  { isCompared }: { readonly isCompared: boolean },
  invocation: Invocation,
): Promise<{ readonly names: readonly string[]; readonly sizes: ReleaseSizes; readonly findings: readonly Finding[] }> {
  const path = archivePath(target);
  const source = await openImageSource(path, invocation.root, invocation);
  const names: string[] = [];
  const findings: Finding[] = [];
  const sizes: Record<'export' | 'save' | 'flatSave', WrittenTarget | null> = {
    export: null,
    save: null,
    flatSave: null,
  };
  const name = indexName(recipe) ?? localName(target);
  try {
    for (const file of files) {
      const written = await write(source, optionsOf(file, target, name, folder), invocation);
      sizes[file.kind] = written;
      names.push(file.file);
      findings.push(...written.findings);
      if (file.kind === 'export') names.push(...(await writeCompanions(file, target, written.image, name, folder)));
    }
    if (isCompared && target.platform.os !== 'windows' && sizes.save !== null) {
      sizes.flatSave = await measureFlat(source, target, name, invocation);
    }
  } finally {
    await source.close();
  }
  return { names, sizes: { platform: target.platform, ...sizes }, findings };
}

/** What the image is called where the recipe publishes nothing; a version may be no tag. */
function localName({ recipe, version }: Target): string {
  return `${recipe}:${isTag(version) ? version : 'latest'}`;
}

function optionsOf(file: ReleaseFile, target: Target, name: string, folder: string): ConvertOptions {
  const isExport = file.kind === 'export';
  return {
    format: isExport ? 'rootfs' : 'docker-archive',
    output: file.file,
    target: { kind: 'file', path: join(folder, file.file) },
    compression: isExport ? 'xz' : 'zstd',
    zstdLevel: ZSTD_SMALL,
    // What is compressed twice is no smaller than what is compressed once, well.
    layerCompression: isExport ? 'keep' : 'none',
    mediaTypes: 'keep',
    platform: target.platform,
    flatten: false,
    maxLayers: null,
    name: isExport ? null : name,
    deprecation: file.deprecated === null ? null : { kind: file.kind, date: file.deprecated },
  };
}

/** How large the docker archive would be with one layer; it is made and thrown away. */
async function measureFlat(
  source: ImageSource,
  target: Target,
  name: string,
  invocation: Invocation,
): Promise<WrittenTarget> {
  const file: ReleaseFile = {
    platform: target.platform,
    kind: 'save',
    file: `${target.slug} flattened`,
    deprecated: null,
  };
  const options = optionsOf(file, target, name, '');
  const nowhere = { kind: 'stream', write: () => Promise.resolve() } as const;
  return write(source, { ...options, flatten: true, target: nowhere }, invocation);
}

async function write(source: ImageSource, options: ConvertOptions, invocation: Invocation) {
  const { written, findings } = await convertSource(source, options, invocation);
  const image = written?.images[0]?.image;
  if (written === null || image === undefined) {
    const fault = findings.find(({ severity }) => severity === 'error');
    throw new ForkwrightError('archives.broken', fault?.text ?? 'the archive is broken', {
      place: fault?.place ?? source.name,
      hint: '`forkwright verify` names everything that is wrong with it',
    });
  }
  // An export has no config by its nature: the files beside it have.
  const kept = findings.filter(({ code, severity }) => severity !== 'note' && code !== 'convert.lost-config');
  return { ...written, image, findings: hasFailed(kept, false) ? [] : kept };
}

async function writeCompanions(
  file: ReleaseFile,
  target: Target,
  { config }: OutputImage,
  name: string,
  folder: string,
): Promise<readonly string[]> {
  const exported = { file, platform: target.platform, config, image: target.image, name };
  const [script, json] = [`${file.file}.import.sh`, `${file.file}.json`];
  await writeText(join(folder, script), makeImportScript(exported), 0o755);
  await writeText(join(folder, json), makeExportConfig(exported), 0o644);
  return [script, json];
}

async function writeText(path: string, text: string, mode: number): Promise<void> {
  await replaceOutput(path, (temporary) => writeFile(temporary, text, { mode }));
}

async function hashFile(folder: string, name: string): Promise<ReleasedFile> {
  const handle = await open(join(folder, name));
  try {
    const { size: sizeBytes } = await handle.stat();
    const hash = createHash('sha256');
    for await (const chunk of streamRange(handle, 0, sizeBytes, name)) hash.update(chunk);
    return { name, sizeBytes, sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}
