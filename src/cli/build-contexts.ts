import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listDockerfileImages } from '../build/dockerfile-images.ts';
import { mirrorContexts, type Mirrors, type NamedContext } from '../build/mirror-contexts.ts';
import { recipeFolder } from '../recipe/output-names.ts';
import type { Target } from '../recipe/target.ts';
import { readSourceText, type BuildSource } from './build-source.ts';

/**
 * Gives the named contexts that a target is built with besides what its bake file says: images of mirrored registries, as
 * our Dockerfile and upstream's own name them.
 */
export async function targetContexts(
  target: Target,
  source: BuildSource | null,
  mirrors: Mirrors,
  root: string,
): Promise<readonly NamedContext[]> {
  if (Object.keys(mirrors).length === 0) return [];
  const own = await readFile(join(root, recipeFolder(target.recipe), `${target.slug}.Dockerfile`), 'utf8');
  const ofBake = ['upstream', 'upstream-image', 'base'];
  const images = [...listDockerfileImages(own, {}, ofBake), ...(await listUpstreamImages(target, source))];
  return mirrorContexts([...new Set(images)], mirrors);
}

async function listUpstreamImages({ build }: Target, source: BuildSource | null): Promise<readonly string[]> {
  if (build.kind !== 'dockerfile' || source === null) return [];
  const text = await readSourceText(source, build.dockerfile);
  const args = Object.fromEntries(build.args.map(({ name, value }) => [name, value]));
  return text === null ? [] : listDockerfileImages(text, args, []);
}
