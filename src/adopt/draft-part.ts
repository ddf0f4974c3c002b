import type { Path } from '../recipe/fault.ts';
import type { YamlMap } from '../recipe/yaml-map.ts';

/** What is said about a field of a draft. */
export interface DraftNote {
  readonly path: Path;
  readonly text: string;
  /** Whether the value is guessed; else the note says where it comes from. */
  readonly isGuess: boolean;
}

/** Fields of a draft, each of them of the form that recipes take. */
export interface DraftPart {
  readonly fields: YamlMap;
  readonly notes: readonly DraftNote[];
  /** What the image has and a recipe cannot say, for people. */
  readonly leftOut: readonly string[];
}

/** Says whether a value is of the form that a field takes; a schema of recipes does. */
export interface Form {
  safeParse(value: unknown): { readonly success: boolean };
}

export interface FieldOptions {
  /** What the value is guessed by. */
  readonly guess?: string | null;
  /** Where a value that is no guess comes from. */
  readonly note?: string | null;
}

/** A part that is being put together; fields keep the order in which they come. */
export interface PartBuilder {
  /** Takes a value for a key, unless it is undefined; one that a recipe cannot have is left out, and said. */
  add(key: string, value: unknown, form: Form, options?: FieldOptions): boolean;
  /** A note about a field further down. */
  note(note: DraftNote): void;
  /** Says what a recipe cannot say. */
  leaveOut(text: string): void;
  part(): DraftPart;
}

/** Starts a part whose fields stand below `path`. */
export function createPart(path: Path = []): PartBuilder {
  const fields = new Map<string, unknown>();
  const notes: DraftNote[] = [];
  const leftOut: string[] = [];
  return {
    add(key, value, form, { guess = null, note = null } = {}) {
      if (value === undefined) return false;
      if (!form.safeParse(value).success) {
        leftOut.push(`${[...path, key].join('.')} ${JSON.stringify(value)}`);
        return false;
      }
      fields.set(key, value);
      const text = guess ?? note;
      if (text !== null) notes.push({ path: [...path, key], text, isGuess: guess !== null });
      return true;
    },
    note: (note) => void notes.push(note),
    leaveOut: (text) => void leftOut.push(text),
    part: () => ({ fields: Object.fromEntries(fields), notes, leftOut }),
  };
}

/** A text for a field in which names in braces stand for values: its own braces are doubled. */
export function withoutNames(text: string): string {
  return text.replaceAll(/[{}]/g, '$&$&');
}
