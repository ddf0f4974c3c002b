import { buildSchema } from '../recipe/build-schema.ts';
import { targetSchema } from '../recipe/recipe-schema.ts';
import { fileSchema } from '../recipe/source-schema.ts';
import { upstreamSchema } from '../recipe/upstream-schema.ts';
import type { YamlMap } from '../recipe/yaml-map.ts';
import { draftGoBuild } from './draft-go.ts';
import { draftImage } from './draft-image.ts';
import {
  createPart,
  withoutNames,
  type DraftNote,
  type DraftPart,
  type FieldOptions,
  type Form,
} from './draft-part.ts';
import { findGoSource, type GoSource } from './go-source.ts';
import type { FileFacts, ImageFacts, ProgramFile } from './image-facts.ts';

/** What is drafted of one image. */
export interface TargetDraft extends DraftPart {
  /** Path of the program that the draft builds; null for none. */
  readonly built: string | null;
}

/** Files that are listed one by one; more are for a Dockerfile's COPY of a folder. */
const MOST_FILES = 40;
const MAX_URL_LENGTH = 2048;
const LABEL = 'org.opencontainers.image';
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const { shape } = targetSchema;
const ANY: Form = { safeParse: () => ({ success: true }) };

/**
 * Drafts the part of a recipe that is about one image. `sourceText` is how a recipe names the image itself, to take files
 * out of it; null where it cannot.
 */
export function draftTarget(facts: ImageFacts, sourceText: string | null): TargetDraft {
  const { labels } = facts.config.container;
  const part = createPart();
  for (const [key, label] of [
    ['title', 'title'],
    ['description', 'description'],
    ['licenses', 'licenses'],
    ['homepage', 'url'],
  ] as const) {
    part.add(key, labels[`${LABEL}.${label}`], shape[key]);
  }
  const main = facts.files === null ? null : chooseMain(facts.files);
  const source = main?.go === null || main?.go === undefined ? null : findGoSource(main.go);
  part.add('version', labels[`${LABEL}.version`] ?? source?.version?.slice(1), shape.version);
  const upstream = draftUpstream(facts, source, main);
  const go = main?.go ?? null;
  const built = main === null || go === null || source === null ? null : draftGoBuild(main, go, source);
  const parts: DraftPart[] = [];
  if (upstream !== null) parts.push(upstream);
  const build = upstream === null ? null : built;
  if (build !== null) parts.push({ ...build, fields: { build: build.fields } });
  const copied = main === null || build !== null ? null : draftPrebuilt(main, sourceText);
  if (copied !== null) parts.push(copied);
  const isDrafted = build !== null || copied !== null;
  const image = draftImage(facts);
  const files = facts.files === null ? null : draftFiles(facts.files, isDrafted ? main : null, sourceText);
  const fields = { ...image.fields, ...(files === null || files.list.length === 0 ? {} : { files: files.list }) };
  parts.push({ ...image, fields: { image: fields } });
  const all = [part.part(), ...parts];
  return {
    fields: Object.assign({}, ...all.map((each) => each.fields)) as YamlMap,
    notes: [...all.flatMap(({ notes }) => notes), ...(files?.notes ?? [])],
    leftOut: [...all.flatMap(({ leftOut }) => leftOut), ...(files?.leftOut ?? [])],
    built: isDrafted ? (main?.path ?? null) : null,
  };
}

/** What a container starts, where it is a program; else the only Go program, else the only program. */
function chooseMain({ programs, started }: FileFacts): ProgramFile | null {
  const machine = programs.filter(({ program }) => program.format === 'elf');
  const executable = machine.filter(({ mode }) => (mode & 0o111) !== 0);
  const byStart = machine.find(({ path }) => path === started);
  if (byStart !== undefined) return byStart;
  const go = executable.filter((each) => each.go !== null);
  if (go.length === 1) return go[0] ?? null;
  return executable.length === 1 ? (executable[0] ?? null) : null;
}

function draftUpstream({ config }: ImageFacts, source: GoSource | null, main: ProgramFile | null): DraftPart | null {
  const { labels } = config.container;
  const labelled = gitUrl(labels[`${LABEL}.source`]);
  const git = labelled ?? source?.git ?? null;
  if (git === null || !upstreamSchema.safeParse({ git }).success) return null;
  const part = createPart(['upstream']);
  const byPath = source?.git === git ? {} : { guess: `by the label ${LABEL}.source` };
  part.add('git', git, ANY, labelled === null ? { guess: "by the program's import path" } : byPath);
  const built = main?.go?.buildInfo?.settings;
  const stamped = built?.get('vcs.revision') ?? '';
  const revision = labels[`${LABEL}.revision`] ?? '';
  if (COMMIT.test(stamped)) {
    const isModified = built?.get('vcs.modified') === 'true';
    part.add('commit', stamped, ANY, isModified ? { note: 'and changes that were not committed' } : {});
  } else if (COMMIT.test(revision)) part.add('commit', revision, ANY, { note: `by the label ${LABEL}.revision` });
  else if (source?.version !== null && source?.version !== undefined) {
    part.note({ path: ['upstream', 'git'], text: `its commit is that of ${source.version}`, isGuess: false });
  }
  const { fields, notes, leftOut } = part.part();
  return { fields: { upstream: fields }, notes, leftOut };
}

/** BuildKit knows an address of https as one of git by its ending. */
function gitUrl(url: string | undefined): string | null {
  if (url === undefined || url === '' || url.length > MAX_URL_LENGTH) return null;
  const plain = url.replace(/#.*$/, '').replace(/\/+$/, '');
  return /^https?:\/\/[^/]+\/[^/]+\/[^/]+$/.test(plain) && !plain.endsWith('.git') ? `${plain}.git` : plain;
}

/** Takes the program as it is, out of the image, or out of a file that has yet to be put there. */
function draftPrebuilt(main: ProgramFile, sourceText: string | null): DraftPart | null {
  const output = withoutNames(main.path);
  const mode = modeOf(main.mode, 0o755);
  const from =
    sourceText === null ? { path: `files/{slug}${output}` } : { image: withoutNames(sourceText), path: output };
  const build = { kind: 'prebuilt', ...from, output, ...mode };
  if (!buildSchema.safeParse(build).success) return null;
  const options: FieldOptions =
    sourceText === null
      ? { guess: `nothing tells its source; put it there: forkwright extract SOURCE ${main.path}` }
      : { guess: 'nothing tells its source, so it is taken out of the image' };
  const part = createPart();
  part.add('build', build, ANY, options);
  return part.part();
}

function draftFiles(
  { programs, copied }: FileFacts,
  built: ProgramFile | null,
  sourceText: string | null,
): { readonly list: readonly YamlMap[]; readonly notes: readonly DraftNote[]; readonly leftOut: readonly string[] } {
  const others = [...programs.filter((each) => each !== built), ...copied];
  const list: YamlMap[] = [];
  const leftOut: string[] = [];
  for (const file of others) {
    const [uid, gid] = 'uid' in file ? [file.uid, file.gid] : [0, 0];
    const owner = uid === 0 && gid === 0 ? {} : { owner: `${uid}:${gid}` };
    const path = withoutNames(file.path);
    const entry = { image: withoutNames(sourceText ?? ''), path, to: path, ...modeOf(file.mode, 0o644), ...owner };
    const isTaken = sourceText !== null && others.length <= MOST_FILES && fileSchema.safeParse(entry).success;
    if (isTaken) list.push(entry);
    else leftOut.push(`the file ${JSON.stringify(file.path)}`);
  }
  const note = { path: ['image', 'files'], text: 'they are taken out of the image', isGuess: true };
  return { list, notes: list.length === 0 ? [] : [note], leftOut };
}

function modeOf(mode: number, usual: number): { readonly mode?: string } {
  return mode === usual ? {} : { mode: mode.toString(8).padStart(4, '0') };
}
