import { createHash } from 'node:crypto';
import * as z from 'zod';
import { isDigest, type Digest } from '../oci/digest.ts';

const digestSchema = z.custom<Digest>((value) => isDigest(value));
const markerSchema = z.object({
  key: z.string(),
  /** Of the merge request: a marker that somebody copied into another one is none. */
  branch: z.string(),
  recipes: z.array(z.string()).readonly(),
  target: digestSchema,
  /** Stands for the files that were written last. */
  content: digestSchema,
  /** The commit that was written last. */
  head: z.string(),
  /** Fingerprints of what forkwright wrote last: what is another text now is somebody's own. */
  title: z.string(),
  body: z.string(),
  labels: z.array(z.string()).readonly(),
  /** Whether forkwright itself closed it. */
  closed: z.boolean(),
});

/** What forkwright keeps about a merge request, hidden in its description. */
export type Marker = Readonly<z.infer<typeof markerSchema>>;

/** The description of a merge request, taken apart. */
export interface Description {
  /** What people read, without the line that is for ticking. */
  readonly body: string;
  /** Null where there is none, or none that can be read. */
  readonly marker: Marker | null;
  /** Whether somebody asks for the branch to be made anew. */
  readonly isTicked: boolean;
}

const MARKER = /^<!-- forkwright (\{.*\}) -->$/;
const TICK = /^- \[([ xX])\] <!-- forkwright-anew -->/;
const TICK_TEXT = '<!-- forkwright-anew -->Make this branch anew, whatever commits it has';

/**
 * Takes the description of a branch's merge request apart. Of several markers the last counts: a body that has come from
 * outside stands above ours.
 */
export function readDescription(text: string, branch: string): Description {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const marker = lines.map(readMarker).findLast((found) => found?.branch === branch) ?? null;
  const isTicked = /^x$/i.test(lines.map((line) => TICK.exec(line)?.[1] ?? '').findLast((mark) => mark !== '') ?? '');
  const body = lines.filter((line) => !MARKER.test(line) && !TICK.test(line)).join('\n');
  return { body: body.trim(), marker, isTicked };
}

/** Puts a description together, with a line to tick and the marker at its end. */
export function composeDescription(body: string, marker: Marker): string {
  // Two hyphens could end a comment.
  const hidden = JSON.stringify(marker).replaceAll('--', String.raw`-\u002d`);
  return `${body.trim()}\n\n- [ ] ${TICK_TEXT}\n\n<!-- forkwright ${hidden} -->`.trimStart();
}

/** Stands for a text, for finding out whether it is still the same one. */
export function fingerprint(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n').trim()).digest('hex').slice(0, 16);
}

function readMarker(line: string): Marker | null {
  const [, text = ''] = MARKER.exec(line.trim()) ?? [];
  if (text === '') return null;
  try {
    return markerSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    // Somebody edited it.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
