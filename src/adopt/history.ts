import type { HistoryEntry } from '../oci/config.ts';

/** A step of an image's history, as a Dockerfile would have it. */
export interface HistoryStep {
  /** In capitals; '' where no instruction is told. */
  readonly instruction: string;
  /** What stands behind it, on one line. */
  readonly rest: string;
  /** Position of the layer that it made; null for none. */
  readonly layer: number | null;
}

const INSTRUCTION =
  /^(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)(?=\s|$)/;
/** What Docker's classic builder puts in front of all but RUN. */
const NO_OPERATION = '/bin/sh -c #(nop)';
const SHELL = '/bin/sh -c ';

/**
 * Takes the history of an image with `layerCount` layers and gives it as steps of a Dockerfile, as BuildKit
 * (`RUN /bin/sh -c make # buildkit`) and Docker's classic builder (`/bin/sh -c #(nop) COPY file:0a1b in /`) write them.
 * Where it has another number of layers than the image, no step has a layer.
 */
export function readHistory(history: readonly HistoryEntry[], layerCount: number): readonly HistoryStep[] {
  const isWhole = history.filter(({ isEmptyLayer }) => !isEmptyLayer).length === layerCount;
  let next = 0;
  return history.map(({ createdBy, isEmptyLayer }) => {
    const layer = isEmptyLayer || !isWhole ? null : next;
    if (!isEmptyLayer) next++;
    return { ...readStep(createdBy), layer };
  });
}

function readStep(createdBy: string): Pick<HistoryStep, 'instruction' | 'rest'> {
  const text = createdBy
    .slice(0, 64 * 1024)
    .split(/\s+/)
    .join(' ')
    .trim();
  const plain = text.endsWith(' # buildkit') ? text.slice(0, -' # buildkit'.length) : text;
  const isNoOperation = plain.startsWith(NO_OPERATION);
  const line = isNoOperation ? plain.slice(NO_OPERATION.length).trim() : plain;
  const instruction = INSTRUCTION.exec(line)?.[0] ?? null;
  if (instruction === 'RUN') return { instruction, rest: withoutShell(line.slice('RUN'.length).trim()) };
  if (instruction !== null) return { instruction, rest: line.slice(instruction.length).trim() };
  // The classic builder writes what it ran, with the number and values of build arguments in front.
  const isRun = !isNoOperation && /^(?:\/|\|\d+ )/.test(line);
  if (isRun) return { instruction: 'RUN', rest: withoutShell(line) };
  return { instruction: '', rest: line };
}

function withoutShell(command: string): string {
  if (command.startsWith(SHELL)) return command.slice(SHELL.length);
  const start = /^\|\d+ /.test(command) ? command.indexOf(` ${SHELL}`) : -1;
  return start === -1 ? command : command.slice(start + 1 + SHELL.length);
}

const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', '/bin/sh', '/bin/bash', '/bin/ash', '/usr/bin/bash']);

/**
 * How many layers are the base's by the history: images of distributions begin with the ADD of a root filesystem, and end
 * with the CMD of a shell. 0 where the history does not look so.
 */
export function countBaseLayers(steps: readonly HistoryStep[]): number {
  const first = steps.findIndex(({ layer }) => layer !== null);
  const root = steps[first];
  const isRoot = root?.instruction === 'ADD' || (root?.instruction === '' && root.rest.startsWith('#'));
  if (!isRoot) return 0;
  const end = steps.findIndex(({ instruction }, index) => index > first && instruction === 'CMD');
  const words = steps[end]?.rest.match(/[^\s[\]",]+/g) ?? [];
  // debuerreotype's images are one step, without a CMD of their own.
  if (end === -1 || words.length !== 1 || !SHELLS.has(words[0] ?? '')) return root.instruction === '' ? 1 : 0;
  return steps.slice(0, end).reduce((count, { layer }) => Math.max(count, layer === null ? 0 : layer + 1), 0);
}

/** The step as a line: `RUN apk add tar`. */
export function formatStep({ instruction, rest }: HistoryStep): string {
  return [instruction, rest].filter((part) => part !== '').join(' ');
}
