import { mkdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { withTemporary } from '../../archive/write/replace-output.ts';
import { listDockerfileImages } from '../../build/dockerfile-images.ts';
import { LAYOUT_TAG, writeImageFolder } from '../../build/image-folder.ts';
import { mirrorContexts, type Mirrors, type NamedContext } from '../../build/mirror-contexts.ts';
import { recipeFolder, recipeOutput } from '../../recipe/output-names.ts';
import type { Target } from '../../recipe/target.ts';
import { namedFiles } from '../../render/named-files.ts';
import { contextNames } from '../../render/pin-dockerfile.ts';
import { readSourceText, type BuildSource } from './source.ts';

/**
 * Lends the named contexts that a target is built with besides what its bake file says: images of mirrored registries, as
 * our Dockerfile and upstream's own name them, and the images of archives as folders, which is how buildx reads them.
 * Throws what writing such a folder throws, and what `use` throws.
 */
export async function withContexts<Result>(
  target: Target,
  source: BuildSource | null,
  mirrors: Mirrors,
  { root, signal }: { readonly root: string; readonly signal: AbortSignal },
  use: (contexts: readonly NamedContext[]) => Promise<Result>,
): Promise<Result> {
  const mirrored = await listMirrored(target, source, mirrors, root);
  const archives = listArchives(target);
  if (archives.length === 0) return use(mirrored);
  return withTemporary(join(root, recipeOutput(target.recipe), `${target.slug}.images`), async (folder) => {
    const contexts: NamedContext[] = [];
    await mkdir(folder);
    for (const { name, path } of archives) {
      const layout = join(folder, name);
      await writeImageFolder(join(root, path), layout, { root, signal, platform: target.platform });
      // Relative: buildx cuts the path at `:` and `@`, which the workspace's may have.
      contexts.push({ name, value: `oci-layout://${relative(root, layout)}:${LAYOUT_TAG}` });
    }
    return use([...mirrored, ...contexts]);
  });
}

/** The archives that a target's Dockerfile takes images from, by the names of their contexts. */
function listArchives(target: Target): readonly { readonly name: string; readonly path: string }[] {
  const { base } = target.image;
  const files = namedFiles(target).flatMap(({ name, file: { source } }) =>
    source.type === 'image' && source.image.type === 'archive' ? [{ name, path: source.image.path }] : [],
  );
  return base.type === 'archive' ? [{ name: 'base', path: base.path }, ...files] : files;
}

async function listMirrored(
  target: Target,
  source: BuildSource | null,
  mirrors: Mirrors,
  root: string,
): Promise<readonly NamedContext[]> {
  if (Object.keys(mirrors).length === 0) return [];
  const own = await readFile(join(root, recipeFolder(target.recipe), `${target.slug}.Dockerfile`), 'utf8');
  const images = [
    ...listDockerfileImages(own, {}, contextNames(target)),
    ...(await listUpstreamImages(target, source)),
  ];
  return mirrorContexts([...new Set(images)], mirrors, target.pins.images);
}

async function listUpstreamImages({ build }: Target, source: BuildSource | null): Promise<readonly string[]> {
  if (build.kind !== 'dockerfile' || source === null) return [];
  const text = await readSourceText(source, build.dockerfile);
  const args = Object.fromEntries(build.args.map(({ name, value }) => [name, value]));
  return text === null ? [] : listDockerfileImages(text, args, []);
}
