import { FROM_FLAG, listImageUses } from '../build/dockerfile-images.ts';
import { splitInstructions } from '../build/dockerfile-instructions.ts';
import { ForkwrightError } from '../errors.ts';
import { formatReference, parseReference, type ImageReference } from '../oci/reference.ts';
import type { ImagePin, Target } from '../recipe/target.ts';
import { namedFiles } from './named-files.ts';

/** What the Dockerfile of a target calls the contexts that its bake file hands in, as far as it does. */
export function contextNames(target: Target): readonly string[] {
  return ['upstream', 'upstream-image', 'base', ...namedFiles(target).map(({ name }) => name)];
}

/**
 * Gives a rendered Dockerfile with the digest of the lock behind the name of each image that it takes from a registry. What
 * runs on the machine that builds gets the digest of the index, which has that machine's platform too; what is of the
 * target gets its own manifest's, so that the others can move. Names with a digest stay as they are.
 */
export function pinDockerfile(dockerfile: string, target: Target): string {
  return renameImages(dockerfile, contextNames(target), (name, role) => {
    const key = lockedName(name);
    const pin = key === null ? undefined : target.pins.images.get(key);
    return pin === undefined ? name : `${name}@${pin[role]}`;
  });
}

/** Gives a Dockerfile with other names for the images that it takes from registries. */
export function renameImages(
  dockerfile: string,
  contexts: readonly string[],
  rename: (name: string, role: keyof ImagePin) => string,
): string {
  const lines = dockerfile.split('\n');
  const instructions = splitInstructions(dockerfile);
  const stages = new Set(instructions.flatMap(({ keyword, rest }) => (keyword === 'FROM' ? stageOf(rest) : [])));
  const images = new Set(listImageUses(dockerfile, {}, contexts).map(({ name }) => name));
  const renamed = (name: string, role: keyof ImagePin) =>
    images.has(name) && !stages.has(name) ? rename(name, role) : name;
  for (const {
    keyword,
    start,
    // Its first line has all of an instruction's flags, and all of FROM.
    lines: [line = ''],
  } of instructions) {
    if (keyword === 'FROM') {
      const role = ON_BUILDER.test(line) ? 'onBuilder' : 'onTarget';
      lines[start] = line.replace(FROM_NAME, (_, head: string, name: string) => `${head}${renamed(name, role)}`);
    } else if (keyword === 'COPY' || keyword === 'ADD' || keyword === 'RUN') {
      lines[start] = line.replaceAll(FLAG, (flag) =>
        flag.replace(FROM_FLAG, (_, head: string, name: string) => `${head}${renamed(name, 'onTarget')}`),
      );
    }
  }
  return lines.join('\n');
}

const ON_BUILDER = /\s--platform=\$\{?BUILDPLATFORM\}?\s/;
const FROM_NAME = /^(\s*\S+\s+(?:--\S+\s+)*)(\S+)/;
const FLAG = /(?<=\s)--\S+/g;

function stageOf(rest: string): readonly string[] {
  return /\sAS\s+(\S+)\s*$/i.exec(rest)?.slice(1) ?? [];
}

/** Whether a name in a Dockerfile can be that of an image. */
export function isReference(name: string): boolean {
  return readReference(name) !== null;
}

/** What a lock calls an image that a Dockerfile names without a digest; null for any other. */
function lockedName(name: string): string | null {
  const reference = readReference(name);
  return reference === null || reference.digest !== null ? null : formatReference(reference);
}

function readReference(name: string): ImageReference | null {
  try {
    return parseReference(name);
  } catch (error) {
    if (error instanceof ForkwrightError) return null;
    throw error;
  }
}
