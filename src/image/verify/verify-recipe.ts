import type { Finding } from '../../finding.ts';
import type { ConfigDocument, ContainerConfig, Healthcheck } from '../../oci/config.ts';
import { formatReference, parseReference } from '../../oci/reference.ts';
import { formatPlatform, type Platform } from '../../platform/platform.ts';
import type { EnvEntry, HealthcheckSpec, ResolvedRecipe, Target } from '../../recipe/target.ts';
import { lookUp, type DirectoryNode } from '../files/file-tree.ts';

/**
 * Holds the platforms and names of an archive to a recipe, both ways. `platforms` are those of its images. The finding
 * names what is missing or too much.
 */
export function verifyRecipe(
  source: string,
  platforms: readonly Platform[],
  names: readonly string[],
  recipe: ResolvedRecipe,
): readonly Finding[] {
  const held = platforms.map(formatPlatform);
  const wanted = recipe.targets.map(({ platform }) => formatPlatform(platform));
  return [
    ...wanted
      .filter((platform) => !held.includes(platform))
      .map((platform) =>
        fault('image.platform-missing', source, `${recipe.file} lists ${platform}, the archive has no image for it`),
      ),
    ...held
      .filter((platform) => !wanted.includes(platform))
      .map((platform) =>
        fault(
          'image.platform-extra',
          source,
          `the archive has an image for ${platform}, ${recipe.file} does not list it`,
        ),
      ),
    ...verifyNames(source, names, recipe),
  ];
}

/** An archive may have fewer names than the recipe publishes, or none: skopeo wants one at most. */
function verifyNames(source: string, names: readonly string[], recipe: ResolvedRecipe): readonly Finding[] {
  const { image, tags } = recipe.publish;
  if (image === null) return [];
  const published = tags.map((tag) => formatReference(parseReference(`${image}:${tag}`)));
  return (
    names
      // skopeo and podman name an image by its tag alone.
      .filter((name) => !published.includes(name) && !tags.includes(name))
      .map((name) =>
        fault('image.name-extra', source, `the archive is named ${name}, the recipe publishes ${published.join(', ')}`),
      )
  );
}

/**
 * Holds an image to the recipe's target for its platform: how it starts, and that the recipe's files are in it. What the
 * recipe leaves to a base is not compared. `config` is null where it is absent or broken, `files` where not every layer
 * could be read; both are reported elsewhere.
 */
export function verifyTarget(
  config: ConfigDocument | null,
  files: DirectoryNode | null,
  target: Target,
  place: string,
): readonly Finding[] {
  return [
    ...(config === null ? [] : verifyContainer(config.container, target, place)),
    ...(files === null ? [] : verifyFiles(files, target, place)),
  ];
}

function verifyContainer(actual: ContainerConfig, { image }: Target, place: string): readonly Finding[] {
  const isWhole = image.base.type === 'scratch';
  const compare = (field: string, found: unknown, expected: unknown): readonly Finding[] => {
    const [is, should] = [JSON.stringify(found), JSON.stringify(expected)];
    return is === should ? [] : [fault('image.differs', place, `${field} is ${is}, the recipe says ${should}`)];
  };
  const entries = (
    field: string,
    found: Readonly<Record<string, string>>,
    expected: Readonly<Record<string, string>>,
  ) => Object.entries(expected).flatMap(([name, value]) => compare(`${field} ${name}`, found[name] ?? null, value));
  const members = (field: string, found: readonly string[], expected: readonly string[]) =>
    expected
      .filter((each) => !found.includes(each))
      .map((each) =>
        fault('image.differs', place, `${field} are ${JSON.stringify(found)}, the recipe adds ${JSON.stringify(each)}`),
      );

  // Dockerfile reference: setting ENTRYPOINT resets a CMD of the base.
  const isCmdKnown = isWhole || image.cmd !== null || image.entrypoint !== null;
  return [
    ...(isWhole || image.entrypoint !== null
      ? compare('entrypoint', commandOf(actual.entrypoint), commandOf(image.entrypoint))
      : []),
    ...(isCmdKnown ? compare('cmd', commandOf(actual.cmd), commandOf(image.cmd)) : []),
    ...entries('env', toRecord(actual.env.map(splitEnv)), toRecord(image.env)),
    ...(isWhole || image.user !== null ? compare('user', actual.user, image.user ?? '') : []),
    ...(isWhole || image.workdir !== null
      ? compare('workdir', cleanFolder(actual.workingDir), cleanFolder(image.workdir ?? ''))
      : []),
    ...entries('label', actual.labels, toRecord(image.labels)),
    ...members('ports', actual.exposedPorts, image.ports),
    ...members('volumes', actual.volumes, image.volumes),
    ...(isWhole || image.stopSignal !== null ? compare('stop signal', actual.stopSignal, image.stopSignal ?? '') : []),
    ...(isWhole || image.healthcheck !== null
      ? compare('healthcheck', foundHealthcheck(actual), wantedHealthcheck(image.healthcheck))
      : []),
  ];
}

/** A list that is empty starts nothing, as one that is null. */
function commandOf(list: readonly string[] | null): readonly string[] | null {
  return list === null || list.length === 0 ? null : list;
}

function splitEnv(entry: string): EnvEntry {
  const [name = ''] = entry.split('=', 1);
  return { name, value: entry.slice(name.length + 1) };
}

/** The last of several equal names counts, as engines have it. */
function toRecord(entries: readonly EnvEntry[]): Readonly<Record<string, string>> {
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}

/** Builders write `/data/` as `/data`, and the root as `/` or not at all. */
function cleanFolder(path: string): string {
  return path.replace(/\/+$/, '') || '/';
}

function foundHealthcheck({ healthcheck }: ContainerConfig): Healthcheck | null {
  if (healthcheck === null || healthcheck.test.length === 0) return null;
  const { test, intervalNs, timeoutNs, startPeriodNs, retries } = healthcheck;
  return { test, intervalNs, timeoutNs, startPeriodNs, retries };
}

function wantedHealthcheck(spec: HealthcheckSpec | null): Healthcheck | null {
  if (spec === null) return null;
  if (spec.isDisabled) return { test: ['NONE'], intervalNs: 0, timeoutNs: 0, startPeriodNs: 0, retries: 0 };
  const { command, intervalNs, timeoutNs, startPeriodNs, retries } = spec;
  return { test: ['CMD', ...command], intervalNs, timeoutNs, startPeriodNs, retries };
}

function verifyFiles(root: DirectoryNode, target: Target, place: string): readonly Finding[] {
  return listFiles(target).flatMap(({ to, mode }): readonly Finding[] => {
    const node = lookUp(root, target.platform.os === 'windows' ? `/Files${to}` : to) ?? lookUp(root, to);
    if (node?.kind !== 'file')
      return [fault('image.file-missing', place, `the recipe's file ${to} is not in the image`)];
    // Windows has no modes; its layers are written with any.
    if (mode === null || node.mode === mode || target.platform.os === 'windows') return [];
    return [
      fault('image.file-mode', place, `${to} has mode ${formatMode(node.mode)}, the recipe says ${formatMode(mode)}`),
    ];
  });
}

/** What a recipe puts into the image; a mode of null is the builder's to choose. */
function listFiles({ build, image }: Target): readonly { readonly to: string; readonly mode: number | null }[] {
  switch (build.kind) {
    case 'prebuilt':
      return [build.program, ...image.files];
    case 'go':
    case 'make':
      return [{ to: build.output, mode: null }, ...image.files];
    default:
      return image.files;
  }
}

function formatMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function fault(code: string, place: string, text: string): Finding {
  return { code, severity: 'error', place, text, hint: null };
}
