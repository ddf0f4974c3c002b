import type { ContainerConfig, Healthcheck } from '../oci/config.ts';
import { imageSchema } from '../recipe/image-schema.ts';
import { packageManagerOf } from '../recipe/package-manager.ts';
import { createPart, type DraftPart, type PartBuilder } from './draft-part.ts';
import type { ImageFacts } from './image-facts.ts';

const { shape } = imageSchema;

/** Labels that a recipe's other fields make, or that are about one build or another image. */
const MADE_LABELS: ReadonlySet<string> = new Set(
  [
    'title',
    'description',
    'source',
    'revision',
    'version',
    'licenses',
    'url',
    'base.name',
    'base.digest',
    'created',
    'ref.name',
  ].map((name) => `org.opencontainers.image.${name}`),
);
// What docker and containerd give a container whose image sets no PATH, and what images of distributions set.
const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Says what an image holds and how it starts, without its files. */
export function draftImage(facts: ImageFacts): DraftPart {
  const { container } = facts.config;
  const part = createPart(['image']);
  const base = facts.files?.base ?? { base: 'scratch', guess: 'its files were not looked at' };
  part.add('base', base.base, shape.base, { guess: base.guess });
  addPackages(part, facts, base.base);
  const isEmpty = (list: readonly unknown[] | null) => list === null || list.length === 0;
  part.add('entrypoint', isEmpty(container.entrypoint) ? undefined : container.entrypoint, shape.entrypoint);
  const isCmdOfBase = base.base !== 'scratch' && isOfBase(facts, 'CMD');
  part.add('cmd', isEmpty(container.cmd) || isCmdOfBase ? undefined : container.cmd, shape.cmd);
  addEnvironment(part, container);
  part.add('user', textOrNone(container.user), shape.user);
  part.add('workdir', container.workingDir === '/' ? undefined : textOrNone(container.workingDir), shape.workdir);
  addLabels(part, container);
  part.add('ports', isEmpty(container.exposedPorts) ? undefined : container.exposedPorts, shape.ports);
  part.add('volumes', isEmpty(container.volumes) ? undefined : container.volumes, shape.volumes);
  part.add('stopSignal', textOrNone(container.stopSignal), shape.stopSignal);
  part.add('healthcheck', healthcheckOf(container.healthcheck), shape.healthcheck);
  return part.part();
}

function addPackages(part: PartBuilder, { files }: ImageFacts, base: string): void {
  const packages = files?.packages ?? null;
  if (packages === null || packages.names.length === 0) return;
  if (base === 'scratch') {
    part.leaveOut(`packages, which nothing installs on scratch: ${packages.names.join(' ')}`);
    return;
  }
  const fit = packages.names.filter((name) => shape.packages.safeParse([name]).success);
  for (const name of packages.names) if (!fit.includes(name)) part.leaveOut(`the package ${JSON.stringify(name)}`);
  if (fit.length === 0) return;
  part.add('packages', fit, shape.packages, { guess: packages.guess });
  const manager = packages.manager === 'apk' ? 'apk' : 'apt';
  if (packageManagerOf(base) !== manager) part.add('packageManager', manager, shape.packageManager);
}

/** Whether the base set it and nothing since: by the history, else a shell alone is the base's. */
function isOfBase({ steps, baseLayers, config }: ImageFacts, instruction: string): boolean {
  const { entrypoint, cmd } = config.container;
  const last = steps.findLastIndex((step) => step.instruction === instruction);
  if (last === -1) return (entrypoint ?? []).length === 0 && /^(?:\/bin\/)?(?:ba|a)?sh$/.test((cmd ?? []).join(' '));
  // What stands in front of the first layer that is not the base's is the base's.
  const end = steps.findIndex(({ layer }) => layer !== null && layer >= baseLayers);
  const lastOfBase = end === -1 ? steps.findLastIndex(({ layer }) => layer !== null) + 1 : end - 1;
  return baseLayers > 0 && last <= lastOfBase;
}

function addEnvironment(part: PartBuilder, { env }: ContainerConfig): void {
  const entries = env.flatMap((entry): readonly (readonly [string, string])[] => {
    const [name = ''] = entry.split('=', 1);
    if (entry === DEFAULT_PATH) return [];
    const fits = isKey(name) && shape.env.safeParse({ [name]: entry.slice(name.length + 1) }).success;
    if (!fits) part.leaveOut(`the variable ${JSON.stringify(entry)}`);
    return fits ? [[name, entry.slice(name.length + 1)]] : [];
  });
  part.add('env', entries.length === 0 ? undefined : Object.fromEntries(entries), shape.env);
}

/** No recipe has it as a key: what reads it into an object would change the object instead. */
function isKey(name: string): boolean {
  return name !== '__proto__';
}

function addLabels(part: PartBuilder, { labels }: ContainerConfig): void {
  const own = Object.entries(labels).filter(([name]) => !MADE_LABELS.has(name));
  const fit = own.filter(([name, value]) => isKey(name) && shape.labels.safeParse({ [name]: value }).success);
  for (const [name, value] of own) {
    if (!fit.some(([each]) => each === name))
      part.leaveOut(`the label ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  }
  part.add('labels', fit.length === 0 ? undefined : Object.fromEntries(fit), shape.labels);
}

function textOrNone(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function healthcheckOf(check: Healthcheck | null): unknown {
  const [kind, ...rest] = check?.test ?? [];
  if (check === null || kind === undefined) return undefined;
  if (kind === 'NONE') return 'none';
  const { intervalNs, timeoutNs, startPeriodNs, retries } = check;
  const times = Object.entries({ interval: intervalNs, timeout: timeoutNs, startPeriod: startPeriodNs });
  return {
    command: kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...rest] : rest,
    ...Object.fromEntries(times.filter(([, ns]) => ns > 0).map(([name, ns]) => [name, formatDuration(ns)])),
    ...(retries > 0 ? { retries } : {}),
  };
}

/** As Go writes it, in the largest unit that needs no fraction. */
function formatDuration(ns: number): string {
  if (ns % 1e9 === 0) return `${ns / 1e9}s`;
  return ns % 1e6 === 0 ? `${ns / 1e6}ms` : `${ns}ns`;
}
