import { ForkwrightError } from '../errors.ts';
import type { ForgeProject } from '../upstream/forge.ts';
import { printable } from '../report/printable.ts';

const MAX_TEXT_LENGTH = 300;

/** What GitLab answered instead of doing what it was asked to. */
export interface Refusal {
  readonly method: string;
  /** Below the API's address, without its query. */
  readonly path: string;
  readonly status: number;
  readonly body: string;
}

/**
 * An answer that says no; `status` and `said` tell callers which. Its text has host, method, path and GitLab's own words,
 * never a query or a token.
 */
export class RefusedError extends ForkwrightError {
  override readonly name = 'RefusedError';
  readonly status: number;
  /** In GitLab's words; '' where it has none. */
  readonly said: string;

  constructor(code: string, text: string, details: RefusedDetails) {
    super(code, text, { place: details.place, ...(details.hint === null ? {} : { hint: details.hint }) });
    this.status = details.status;
    this.said = details.said;
  }
}

interface RefusedDetails {
  readonly place: string;
  readonly hint: string | null;
  readonly status: number;
  readonly said: string;
}

/** The error for an answer that says no: what to do is about the token, as a rule. */
export function describeRefusal(refusal: Refusal, project: ForgeProject): RefusedError {
  const { method, path, status } = refusal;
  const said = readWords(refusal.body, project.token);
  const text = `${new URL(project.apiUrl).host} answered ${method} ${path} with ${status}${said === '' ? '' : `: ${said}`}`;
  const details = { place: project.apiUrl, status, said };
  if (status === 401 || status === 403) {
    return new RefusedError('forge.denied', text, { ...details, hint: tokenHint(status, project) });
  }
  if (status === 404) {
    const hint = `check the path ${project.path}; GitLab also says so of what may not be seen: ${tokenHint(status, project)}`;
    return new RefusedError('forge.not-found', text, { ...details, hint });
  }
  const hint = /not allowed to push/i.test(said)
    ? 'the branch is protected: let the user of the token push to it'
    : null;
  return new RefusedError('forge.refused', text, { ...details, hint });
}

/** The error for something that has to be written without a token that may. */
export function describeMissingToken(project: ForgeProject): ForkwrightError {
  const { host } = new URL(project.apiUrl);
  const text =
    project.tokenName === 'CI_JOB_TOKEN'
      ? `CI_JOB_TOKEN can neither commit to ${host} nor make merge requests there`
      : `there is no token for ${host}`;
  return new ForkwrightError('forge.no-token', text, { place: project.apiUrl, hint: SET_TOKEN });
}

/** The error for an answer that is not of the form that GitLab's API has. */
export function describeBadAnswer(method: string, path: string, { apiUrl }: ForgeProject): ForkwrightError {
  const text = `what answered ${method} ${path} is not the API of GitLab`;
  return new ForkwrightError('forge.bad-answer', text, {
    place: apiUrl,
    hint: 'check the address of the API and the proxy',
  });
}

const NEEDED = 'a project or group access token with the scope api and the role Developer or Maintainer';
const SET_TOKEN = `GITLAB_TOKEN is to have ${NEEDED}; GITLAB_HOST names its host where that is not gitlab.com`;

function tokenHint(status: number, { tokenName }: ForgeProject): string {
  if (tokenName === '') return `it was asked without a token: ${SET_TOKEN}`;
  if (tokenName === 'CI_JOB_TOKEN') return `it was asked with CI_JOB_TOKEN, which may do little: ${SET_TOKEN}`;
  if (status === 401) return `the token in ${tokenName} is not valid there: it may have expired`;
  return `${tokenName} is to have ${NEEDED}`;
}

/** GitLab's words: `message` is a text, a list, or lists by field; OAuth's errors are called otherwise. */
function readWords(body: string, token: string): string {
  let value: unknown = body;
  try {
    value = JSON.parse(body);
  } catch (error) {
    // 429 comes as plain text, and a proxy's page as HTML, which says nothing to people.
    if (!(error instanceof SyntaxError)) throw error;
    if (/^\s*</.test(body)) return '';
  }
  const said = flatten(value).join(', ');
  const open = token === '' ? said : said.replaceAll(token, '***');
  const plain = printable(open.replaceAll(/(https?:\/\/[^\s?"]+)\?[^\s"]*/g, '$1?…').replaceAll(/\s+/g, ' ')).trim();
  return plain.length > MAX_TEXT_LENGTH ? `${plain.slice(0, MAX_TEXT_LENGTH)}…` : plain;
}

function flatten(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(flatten);
  if (typeof value !== 'object' || value === null) return [];
  const fields = new Map<string, unknown>(Object.entries(value));
  const words = ['message', 'error', 'error_description'].flatMap((name) => flatten(fields.get(name)));
  if (words.length > 0) return words;
  return [...fields].flatMap(([name, each]) => flatten(each).map((text) => `${name} ${text}`));
}
