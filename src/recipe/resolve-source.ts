import type * as z from 'zod';
import { parseFileImage } from './base.ts';
import type { Path } from './fault.ts';
import type { TextPerPlatform } from './field.ts';
import type { fileSchema, prebuiltSchema } from './source-schema.ts';
import {
  parseAssetName,
  parseDownloadUrl,
  parseExactVersion,
  parseGithubRepository,
  parseIntegrity,
  parseNpmName,
  parseReleaseTag,
  parseSha256,
} from './source-text.ts';
import type { FileSource, ImageFile } from './target.ts';
import { fillText, parseFilled, selectText, type TextContext } from './target-texts.ts';
import { parseImageFile, parseWorkspacePath } from './workspace-path.ts';

type FileFields = z.infer<typeof fileSchema>;
type PrebuiltFields = z.infer<typeof prebuiltSchema>;

/** Resolves an entry of image.files that stands at `path`; null where something about it was reported. */
export function resolveFile(fields: FileFields, path: Path, context: TextContext): ImageFile | null {
  const source = resolveFileSource(fields, path, context);
  const to = parseFilled(fillText(fields.to, [...path, 'to'], context), parseImageFile, context.report);
  if (source === null || to === null) return null;
  return { source, to, ...resolvePlacement(fields, '0644') };
}

/** Resolves the program of a prebuilt build; null where something about it was reported. */
export function resolveProgram(fields: PrebuiltFields, path: Path, context: TextContext): ImageFile | null {
  const source = resolveSource(fields, path, context);
  const to = parseFilled(fillText(fields.output, [...path, 'output'], context), parseImageFile, context.report);
  if (source === null || to === null) return null;
  return { source, to, ...resolvePlacement(fields, '0755') };
}

function resolvePlacement({ mode, owner = '0:0' }: Pick<FileFields, 'mode' | 'owner'>, defaultMode: string) {
  const [uid = 0, gid = 0] = owner.split(':').map(Number);
  return { mode: Number.parseInt(mode ?? defaultMode, 8), uid, gid };
}

function resolveFileSource(fields: FileFields, path: Path, context: TextContext): FileSource | null {
  if (fields.content !== undefined) return resolveContent(fields.content, path, context);
  if (fields.upstream === undefined) return resolveSource(fields, path, context);
  const filled = fillText(fields.upstream, [...path, 'upstream'], context);
  const inTree = parseFilled(filled, (text) => parseWorkspacePath(text, "the upstream's tree"), context.report);
  return inTree === null ? null : { type: 'upstream', path: inTree };
}

function resolveContent(content: TextPerPlatform, path: Path, context: TextContext): FileSource | null {
  if (typeof content === 'string') return { type: 'content', content };
  const found = selectText(content, [...path, 'content'], context);
  return found === null ? null : { type: 'content', content: found.text };
}

/** The schema has seen to it that there is exactly one source. */
function resolveSource(fields: PrebuiltFields | FileFields, path: Path, context: TextContext): FileSource | null {
  const { npm, githubRelease } = fields;
  const read = (value: TextPerPlatform | undefined, key: readonly string[], parse: (text: string) => string) =>
    parseFilled(fillText(value, [...path, ...key], context), parse, context.report);

  if (npm !== undefined) {
    const name = read(npm.package, ['npm', 'package'], parseNpmName);
    const version = read(npm.version, ['npm', 'version'], parseExactVersion);
    const file = read(npm.file, ['npm', 'file'], parsePackedPath);
    const integrity = read(npm.integrity, ['npm', 'integrity'], parseIntegrity);
    if (name === null || version === null || file === null || integrity === null) return null;
    return { type: 'npm', package: name, version, file, integrity };
  }
  if (githubRelease !== undefined) {
    const repository = read(githubRelease.repository, ['githubRelease', 'repository'], parseGithubRepository);
    const tag = read(githubRelease.tag, ['githubRelease', 'tag'], parseReleaseTag);
    const asset = read(githubRelease.asset, ['githubRelease', 'asset'], parseAssetName);
    const sha256 = read(githubRelease.sha256, ['githubRelease', 'sha256'], parseSha256);
    const file = read(githubRelease.file, ['githubRelease', 'file'], parsePackedPath);
    if (repository === null || tag === null || asset === null || sha256 === null) return null;
    return { type: 'github-release', repository, tag, asset, sha256, file };
  }
  const sha256 = read(fields.sha256, ['sha256'], parseSha256);
  if (fields.url !== undefined) {
    const url = read(fields.url, ['url'], parseDownloadUrl);
    const file = read(fields.file, ['file'], parsePackedPath);
    return url === null || sha256 === null ? null : { type: 'url', url, sha256, file };
  }
  if (fields.image !== undefined) {
    const image = parseFilled(fillText(fields.image, [...path, 'image'], context), parseFileImage, context.report);
    const inside = read(fields.path, ['path'], parseImageFile);
    return image === null || inside === null ? null : { type: 'image', image, path: inside };
  }
  const local = read(fields.path, ['path'], (text) => parseWorkspacePath(text));
  return local === null ? null : { type: 'path', path: local, sha256 };
}

function parsePackedPath(text: string): string {
  return parseWorkspacePath(text, 'the archive');
}
