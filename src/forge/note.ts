/**
 * The note that a merge request gets, with a hidden mark by which it is known to be there already. `head`: the commit on the
 * branch; for another one it is another note.
 */
export function composeNote(
  kind: 'blocked' | 'closed',
  reason: string,
  head: string,
): { readonly mark: string; readonly body: string } {
  const mark = `<!-- forkwright ${kind} ${head} -->`;
  const text =
    kind === 'closed'
      ? `forkwright closes this: ${reason}. Its branch is deleted; should there be news again, there will be a new merge request.`
      : `forkwright leaves this alone: ${reason}. To have the branch made anew without these commits, tick the box in the description.`;
  return { mark, body: `${text}\n\n${mark}` };
}
