import { readTree, type FlattenOptions } from '../archive/layers/flatten-image.ts';
import type { ImageSource } from '../archive/read/image-source.ts';
import type { Finding } from '../finding.ts';
import type { LoadedImage } from '../image/image-set.ts';
import type { Inode, InodeTree } from '../image/files/inode-tree.ts';
import type { ContainerConfig } from '../oci/config.ts';
import { formatPlatform } from '../platform/platform.ts';
import { DATABASE_PATHS, findFile, findPackages, ownersOfFiles } from './find-packages.ts';
import { guessBase } from './guess-base.ts';
import { countBaseLayers, readHistory, type HistoryStep } from './history.ts';
import type { CopiedFile, FileFacts, ImageFacts, StudyInput } from './image-facts.ts';
import { findAddedPackages, type PackageDatabase } from './package-database.ts';
import { readOsRelease } from './os-release.ts';
import { readTexts } from './read-texts.ts';
import { studyPrograms, type Candidate } from './study-programs.ts';

/**
 * Finds out what an image is made of: its base, the packages that were added to it, the programs and files that were
 * copied in. Nothing of it is run. What could not be looked at is a finding. Throws what reading its layers throws.
 */
export async function studyImage(
  input: StudyInput,
  options: FlattenOptions,
): Promise<{ readonly facts: ImageFacts; readonly findings: readonly Finding[] }> {
  const { image, platform, config, source } = input;
  const steps = readHistory(config.history, image.manifest.layers.length);
  const known = { digest: image.descriptor.digest, platform, config, steps };
  if (platform.os === 'windows') {
    const finding: Finding = {
      code: 'adopt.not-read',
      severity: 'warning',
      place: `${source.name}: ${formatPlatform(platform)}`,
      text: 'the layers of a Windows image are not looked at: its base and its programs are not known',
      hint: null,
    };
    return { facts: { ...known, baseLayers: 0, files: null }, findings: [finding] };
  }
  const { tree, findings } = await readTree(source, image, options);
  const database = await findPackages(source, image, tree, options);
  const baseLayers = countBaseLayers(steps) || guessBaseLayers(tree, image.manifest.layers.length);
  const { files, findings: ofPrograms } = await studyFiles(input, { tree, database, baseLayers, steps }, options);
  return { facts: { ...known, baseLayers, files }, findings: [...findings, ...ofPrograms] };
}

/** What was read of an image's files. */
interface Read {
  readonly tree: InodeTree;
  readonly database: PackageDatabase | null;
  readonly baseLayers: number;
  readonly steps: readonly HistoryStep[];
}

/** A distribution whose root filesystem is all in the first of several layers. */
function guessBaseLayers(tree: InodeTree, layerCount: number): number {
  const marks = ['/bin/sh', '/etc/os-release'].map((path) => findFile(tree, path));
  return layerCount > 1 && marks.every((inode) => inode?.layer === 0) ? 1 : 0;
}

async function studyFiles(input: StudyInput, read: Read, options: FlattenOptions) {
  const { source, image, config } = input;
  const { tree, database, baseLayers, steps } = read;
  const owned = database === null ? new Map<string, string>() : ownersOfFiles(database, tree);
  const files = [...listAddedFiles(tree, owned, baseLayers)];
  const { programs, others, findings } = await studyPrograms(input, files, options);
  const facts: FileFacts = {
    base: await findBase(input, tree, options),
    packages: await findPackagesAdded(source, image, read, options),
    programs,
    copied: others.filter((each) => wasCopied(each, steps)).map(describeCopied),
    started: findStarted(tree, config.container, files),
  };
  return { files: facts, findings };
}

async function findBase({ source, image, config }: StudyInput, tree: InodeTree, options: FlattenOptions) {
  const osRelease = findFile(tree, '/etc/os-release');
  const slimming = findFile(tree, '/etc/dpkg/dpkg.cfg.d/docker');
  const small = [osRelease, slimming].filter((inode) => inode !== null && inode.item.sizeBytes <= MAX_SETTINGS_BYTES);
  const texts = await readTexts(
    source,
    image,
    small.filter((inode) => inode !== null),
    options,
  );
  const textOf = (inode: Inode | null) => (inode === null ? null : (texts.get(inode) ?? null));
  const release = textOf(osRelease);
  return guessBase({
    osRelease: release === null ? null : readOsRelease(release),
    labels: config.container.labels,
    isSlim: /^path-exclude \/usr\/share\/doc\//m.test(textOf(slimming) ?? ''),
    hasBusybox: findFile(tree, '/bin/busybox') !== null,
  });
}

const MAX_SETTINGS_BYTES = 64 * 1024;

async function findPackagesAdded(
  source: ImageSource,
  image: LoadedImage,
  { database, baseLayers }: Read,
  options: FlattenOptions,
): Promise<FileFacts['packages']> {
  if (database === null) return null;
  const isAllBase = baseLayers === image.manifest.layers.length;
  if (isAllBase) return { manager: database.manager, names: [], guess: null };
  if (baseLayers === 0) return { manager: database.manager, ...findAddedPackages(database, null) };
  const { tree } = await readTree(source, image, options, baseLayers - 1);
  const base = await findPackages(source, image, tree, options);
  return { manager: database.manager, ...findAddedPackages(database, base) };
}

// What is made where an image is used or a package installed, and belongs to no package.
const NOISE =
  /^\/(?:dev|proc|sys|run|tmp|var\/(?:cache|log|tmp)|etc\/(?:hosts|hostname|resolv\.conf|mtab|ld\.so\.cache|machine-id|passwd-?|shadow-?|group-?|gshadow-?|subuid-?|subgid-?|shells))(?:\/|$)/;

function* listAddedFiles(
  tree: InodeTree,
  owned: ReadonlyMap<string, string>,
  baseLayers: number,
): Generator<Candidate> {
  const seen = new Set<Inode>();
  const ahead = [{ path: '', folder: tree.root }];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    for (const [name, node] of next.folder.children) {
      const path = `${next.path}/${name}`;
      if (node.kind === 'folder') ahead.push({ path, folder: node });
      else if (node.item.type === 'file' && node.layer >= baseLayers && !seen.has(node)) {
        const isDatabase = DATABASE_PATHS.some((each) => path === each || path.startsWith(`${each}/`));
        if (owned.has(path) || isDatabase || NOISE.test(path)) continue;
        seen.add(node);
        yield { path, inode: node };
      }
    }
  }
}

/** Where the history does not say which step made a layer, anything may have been copied. */
function wasCopied({ inode }: Candidate, steps: readonly HistoryStep[]): boolean {
  const step = steps.find(({ layer }) => layer === inode.layer);
  return step === undefined || step.instruction !== 'RUN';
}

function describeCopied({ path, inode: { item } }: Candidate): CopiedFile {
  return { path, sizeBytes: item.sizeBytes, mode: item.mode, uid: item.uid, gid: item.gid };
}

// What docker and containerd give a container whose image sets no PATH.
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function findStarted(tree: InodeTree, container: ContainerConfig, files: readonly Candidate[]): string | null {
  const [command = ''] = [...(container.entrypoint ?? []), ...(container.cmd ?? [])];
  if (command === '') return null;
  const path = container.env.findLast((each) => each.startsWith('PATH='))?.slice('PATH='.length) ?? DEFAULT_PATH;
  const folders = command.includes('/') ? [command.startsWith('/') ? '' : container.workingDir] : path.split(':');
  for (const folder of folders.slice(0, 100)) {
    const inode = findFile(tree, `${folder}/${command}`);
    if (inode !== null) return files.find((each) => each.inode === inode)?.path ?? null;
  }
  return null;
}
