import { isDeepStrictEqual } from 'node:util';
import { parseDocument, type Document } from 'yaml';
import { ForkwrightError } from '../errors.ts';
import { upstreamKey } from '../lock/upstream-key.ts';
import { findScalar } from './document-nodes.ts';
import { parseYaml } from './document.ts';
import type { Path } from './fault.ts';
import { applyOverride } from './override.ts';
import { resolveUpstream } from './resolve-target.ts';
import { upstreamSchema } from './upstream-schema.ts';
import { isMap, type YamlMap } from './yaml-map.ts';

/** A commit that a recipe names for at least one of its platforms. */
interface NamedCommit {
  readonly path: Path;
  readonly old: string;
  readonly new: string;
}

/** Puts a text in the place of a part of another. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Moves commits in the text of a sound recipe, wherever it names them: in its `upstream`, and in those of its platforms.
 * `moves` has the new commits by what locks call the upstreams with the old ones. Nothing but the hex digits changes; around
 * digits that YAML would take for a number come quotes. Throws `recipe.not-edited` where that cannot be done in this text.
 */
export function moveCommits(text: string, file: string, moves: ReadonlyMap<string, string>): string {
  const before = parseYaml(text, file);
  if (!('data' in before)) throw notEdited(file, moves);
  const commits = listCommits(before.data, moves);
  const document = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: false, stringKeys: true });
  const edits = new Map<number, Edit>();
  for (const commit of commits) {
    const edit = findEdit(text, document, commit);
    if (edit === null) throw notEdited(file, moves);
    const known = edits.get(edit.start);
    // One commit for two upstreams, of which one has moved, or both to different places.
    if (known !== undefined && known.text !== edit.text) throw notEdited(file, moves);
    edits.set(edit.start, edit);
  }
  const edited = [...edits.values()]
    .toSorted((a, b) => b.start - a.start)
    .reduce((whole, edit) => whole.slice(0, edit.start) + edit.text + whole.slice(edit.end), text);
  const after = parseYaml(edited, file);
  const wanted = commits.reduce((data, { path, new: fresh }) => replaceAt(data, path, fresh), before.data);
  if ('data' in after && isDeepStrictEqual(after.data, wanted)) return edited;
  throw notEdited(file, moves);
}

/** The commits of the recipe as each of its platforms has it, also those that stay. */
function listCommits(data: YamlMap, moves: ReadonlyMap<string, string>): readonly NamedCommit[] {
  const { platforms } = data;
  const entries: readonly unknown[] = Array.isArray(platforms) ? platforms : [null];
  return entries.flatMap((entry, index) => {
    const { data: merged, originOf } = applyOverride(data, isMap(entry) ? entry : {}, ['platforms', index]);
    const { data: upstream } = upstreamSchema.safeParse(merged['upstream']);
    if (upstream?.commit === undefined) return [];
    const { commit } = upstream;
    const fresh = moves.get(upstreamKey(resolveUpstream(upstream))) ?? commit;
    return { path: originOf(['upstream', 'commit']), old: commit, new: fresh };
  });
}

/** Null where the commit is not spelt out. */
function findEdit(text: string, document: Document, { path, old, new: fresh }: NamedCommit): Edit | null {
  const scalar = findScalar(document, path);
  if (scalar === null || scalar.range === null || scalar.range === undefined) return null;
  const start = text.indexOf(old, scalar.range[0]);
  const end = start + old.length;
  if (start === -1 || end > scalar.range[1]) return null;
  // YAML 1.2.2, 10.3.2: digits are an integer, and with one e between them a float.
  const isNumber = /^\d+(?:e\d+)?$/.test(fresh);
  return { start, end, text: isNumber && scalar.type === 'PLAIN' ? `"${fresh}"` : fresh };
}

function replaceAt(data: YamlMap, [key, ...rest]: Path, value: string): YamlMap {
  const replace = (inner: unknown): unknown => {
    if (rest.length === 0) return value;
    if (isMap(inner)) return replaceAt(inner, rest, value);
    const [index, ...path] = rest;
    if (!Array.isArray(inner)) return inner;
    return inner.map((item: unknown, at) => (at === index && isMap(item) ? replaceAt(item, path, value) : item));
  };
  return key === undefined ? data : { ...data, [key]: replace(data[key]) };
}

function notEdited(file: string, moves: ReadonlyMap<string, string>): ForkwrightError {
  const commits = [...new Set(moves.values())].map((commit) => commit.slice(0, 12)).join(', ');
  return new ForkwrightError('recipe.not-edited', `upstream.commit cannot be moved to ${commits}`, {
    place: file,
    hint: 'spell out the commit in the upstream of the recipe, and in that of a platform that follows something else',
  });
}
