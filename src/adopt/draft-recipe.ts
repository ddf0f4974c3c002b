import { comparePlatforms } from '../platform/order.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { YamlMap } from '../recipe/yaml-map.ts';
import { describeProgramFile } from './describe-text.ts';
import type { DraftNote } from './draft-part.ts';
import { draftTarget } from './draft-target.ts';
import { formatStep } from './history.ts';
import type { ImageFacts } from './image-facts.ts';
import { overrideOf } from './override-of.ts';

/** A recipe that is drafted, as values. */
export interface RecipeDraft {
  readonly fields: YamlMap;
  readonly notes: readonly DraftNote[];
  /** Lines for its head. */
  readonly head: readonly string[];
}

export interface DraftOptions {
  readonly name: string;
  /** The images as the user named them. */
  readonly source: string;
  /** How a recipe names them, to take files out of them; null where it cannot. */
  readonly sourceText: string | null;
}

const MOST_STEPS = 100;
const MOST_PROGRAMS = 40;

/**
 * Drafts a recipe from what is known of the images of one index, at least one: the first platform's fields are the
 * recipe's, and what differs stands with the other platforms.
 */
export function draftRecipe(images: readonly ImageFacts[], options: DraftOptions): RecipeDraft {
  const ordered = images.toSorted((a, b) => comparePlatforms(a.platform, b.platform));
  const drafts = ordered.map((facts) => ({ facts, draft: draftTarget(facts, options.sourceText) }));
  const [first] = drafts;
  if (first === undefined) throw new RangeError('there is no image to draft a recipe from');
  const notes: DraftNote[] = [...first.draft.notes];
  const platforms = drafts.map(({ facts, draft }, index) => {
    const platform = formatPlatform(facts.platform);
    const override = overrideOf(first.draft.fields, draft.fields);
    if (Object.keys(override).length === 0) return platform;
    for (const note of draft.notes) {
      if (hasPath(override, note.path)) notes.push({ ...note, path: ['platforms', index, ...note.path] });
    }
    return { platform, ...override };
  });
  const { title, description, ...rest } = first.draft.fields;
  const told = { ...(title === options.name ? {} : { title }), description };
  const named = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
  return {
    fields: { name: options.name, ...named, ...rest, platforms },
    notes,
    head: [
      `A draft, made by \`forkwright adopt\` of ${options.source}.`,
      'What is guessed is marked; all else is what the image says of itself.',
      ...describeHistory(first.facts),
      ...drafts.flatMap(({ facts, draft }, index) => {
        const said = describeOwn(facts, draft.leftOut);
        const known = index === 0 ? [] : describeOwn(first.facts, first.draft.leftOut);
        return index > 0 && said.join('\n') === known.join('\n') ? [] : titled(formatPlatform(facts.platform), said);
      }),
    ],
  };
}

function describeHistory({ platform, steps, baseLayers }: ImageFacts): readonly string[] {
  const end = steps.findIndex(({ layer }) => layer !== null && layer >= baseLayers);
  const all = baseLayers === 0 ? steps : steps.slice(end === -1 ? steps.length : end);
  const own = all.filter((step) => formatStep(step) !== '');
  const shown = own.slice(0, MOST_STEPS).map((step) => `  ${formatStep(step)}`);
  const rest = own.length - shown.length;
  const lines = [...shown, ...(rest > 0 ? [`  … and ${rest} more`] : [])];
  const what =
    baseLayers === 0 ? 'Its history' : `Its history, on ${baseLayers} layer${baseLayers === 1 ? '' : 's'} of the base`;
  return lines.length === 0 ? [] : ['', `${what} (${formatPlatform(platform)}):`, ...lines];
}

function describeOwn({ files }: ImageFacts, leftOut: readonly string[]): readonly string[] {
  const programs = files?.programs ?? [];
  const rest = programs.length - MOST_PROGRAMS;
  return [
    ...programs.slice(0, MOST_PROGRAMS).map((program) => `  ${describeProgramFile(program)}`),
    ...(rest > 0 ? [`  … and ${rest} more programs`] : []),
    ...leftOut.map((text) => `  left out: ${text}`),
  ];
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `In the image for ${title}:`, ...lines];
}

function hasPath(map: YamlMap, path: DraftNote['path']): boolean {
  let value: unknown = map;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !(part in value)) return false;
    value = Object.entries(value).find(([key]) => key === String(part))?.[1];
  }
  return value !== null;
}
