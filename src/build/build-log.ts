import { writeFile } from 'node:fs/promises';
import { formatFamiliar } from '../oci/reference.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { Base, FileSource, Target } from '../recipe/target.ts';
import { listFiles } from '../recipe/target-files.ts';
import type { BuiltArchive } from './built-archive.ts';

/** Writes down how an archive was made, beside it: the same build gives the same log. */
export async function writeBuildLog(path: string, target: Target, built: BuiltArchive): Promise<void> {
  const lines = [
    `${target.recipe} ${target.version} for ${formatPlatform(target.platform)}, by the native builder`,
    `base ${describeBase(target.image.base)}`,
    ...listFiles(target).map(({ source, to }) => `${to} from ${describeSource(source)}`),
    `manifest ${built.digest}`,
  ];
  await writeFile(path, lines.map((line) => `${line}\n`).join(''));
}

function describeBase(base: Base): string {
  if (base.type === 'image') return formatFamiliar(base.reference);
  return base.type === 'archive' ? base.path : base.type;
}

function describeSource(source: FileSource): string {
  switch (source.type) {
    case 'npm':
      return `${source.file} of npm ${source.package}@${source.version} (${source.integrity})`;
    case 'url':
      return `${new URL(source.url).origin}${new URL(source.url).pathname} (sha256:${source.sha256})`;
    case 'github-release':
      return `${source.asset} of ${source.repository} ${source.tag} (sha256:${source.sha256})`;
    case 'image':
      return `${source.path} of ${describeBase(source.image)}`;
    case 'path':
      return source.path;
    case 'content':
      return 'the recipe';
    case 'upstream':
      return `${source.path} of the upstream`;
  }
}
