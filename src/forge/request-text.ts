import { compareText } from '../platform/order.ts';
import { digestFiles } from './commit-message.ts';
import { composeDescription, fingerprint, readDescription, type Marker } from './description.ts';
import type { RequestChange } from './gitlab-client.ts';
import type { MergeRequest } from './gitlab-schema.ts';
import type { Proposal } from './proposal.ts';

// Specification: GitLab, limits of merge requests. The description's has room for the marker.
const MAX_TITLE_CHARACTERS = 255;
const MAX_BODY_CHARACTERS = 900_000;

/** What is to be written to a merge request. */
export interface TextPlan {
  /** Null where nothing is. */
  readonly change: RequestChange | null;
  /** What people wrote themselves, and stays although forkwright would say something else. */
  readonly kept: readonly ('title' | 'description')[];
}

/** The title, description and labels that a new merge request gets. `head`: the commit on its branch. */
export function composeText(proposal: Proposal, head: string) {
  const { title, body, labels } = cutTexts(proposal);
  return { title, labels, description: composeDescription(body, composeMarker(proposal, proposal.branch, head)) };
}

/**
 * Decides what of a merge request's texts is written. Title and description are replaced where they still are what forkwright
 * wrote last. Labels that forkwright set and does not want any more go, new ones come; those that people set stay, and one that
 * people took away does not come back.
 */
export function planText(request: MergeRequest, proposal: Proposal, head: string): TextPlan {
  const wanted = cutTexts(proposal);
  const { body, marker, isTicked } = readDescription(request.description, request.branch);
  const title = settle(request.title, wanted.title, marker?.title ?? '');
  const description = settle(body, wanted.body, marker?.body ?? '');
  const next: Marker = {
    ...composeMarker(proposal, request.branch, head),
    title: title.fingerprint,
    body: description.fingerprint,
  };
  const addLabels = without(wanted.labels, [...(marker?.labels ?? []), ...request.labels]);
  const removeLabels = without(marker?.labels ?? [], wanted.labels).filter((label) => request.labels.includes(label));
  const hasNews = isTicked || description.isReplaced || JSON.stringify(marker) !== JSON.stringify(next);
  const change: RequestChange = {
    ...(title.isReplaced ? { title: wanted.title } : {}),
    ...(hasNews ? { description: composeDescription(description.text, next) } : {}),
    ...(addLabels.length > 0 ? { addLabels } : {}),
    ...(removeLabels.length > 0 ? { removeLabels } : {}),
  };
  const kept = [
    ...(title.isForeign ? (['title'] as const) : []),
    ...(description.isForeign ? (['description'] as const) : []),
  ];
  return { change: Object.keys(change).length === 0 ? null : change, kept };
}

/** The description of a merge request that forkwright closes: it says so, so that this is not taken for people's will. */
export function markClosed({ description, branch }: MergeRequest): string {
  const { body, marker } = readDescription(description, branch);
  return marker === null ? description : composeDescription(body, { ...marker, closed: true });
}

function cutTexts({ title, body, labels }: Proposal) {
  return {
    title: cut(title.trim(), MAX_TITLE_CHARACTERS),
    body: cut(body.replaceAll('\r\n', '\n').trim(), MAX_BODY_CHARACTERS),
    labels: [...new Set(labels)].toSorted(compareText),
  };
}

/** GitLab counts code points. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

function composeMarker(proposal: Proposal, branch: string, head: string): Marker {
  const { title, body, labels } = cutTexts(proposal);
  // In the order of the schema, which is the one that a marker is read in.
  return {
    key: proposal.key,
    branch,
    recipes: proposal.recipes.toSorted(compareText),
    target: proposal.target,
    content: digestFiles(proposal.files),
    head,
    title: fingerprint(title),
    body: fingerprint(body),
    labels,
    closed: false,
  };
}

function settle(present: string, wanted: string, written: string) {
  const isWanted = fingerprint(present) === fingerprint(wanted);
  const isOurs = isWanted || fingerprint(present) === written;
  return {
    text: isOurs ? wanted : present,
    isReplaced: isOurs && !isWanted,
    isForeign: !isOurs,
    fingerprint: isOurs ? fingerprint(wanted) : written,
  };
}

function without(texts: readonly string[], others: readonly string[]): readonly string[] {
  return texts.filter((text) => !others.includes(text));
}
