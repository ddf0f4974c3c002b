import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import Handlebars from 'handlebars';
import { makePageView, type PageContent } from './page-view.ts';

// Of the package: src/ and dist/ both lie one level below its root.
const FOLDER = new URL('../../templates/status/', import.meta.url);

/**
 * Gives the page of all forks: one HTML document that needs nothing else, and no network. It allows its own style and
 * script alone, by their hashes. The same content gives the same text. Specification: CSP Level 3 for the policy.
 */
export async function renderPage(content: PageContent): Promise<string> {
  const [template, style, script] = await Promise.all(['page.html.hbs', 'page.css', 'page.js'].map(readPart));
  const environment = Handlebars.create();
  // What comes from upstreams and forges is escaped; style and script are ours, and their hashes are over these very bytes.
  const fill = environment.compile(template, { strict: true, knownHelpersOnly: true });
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style ?? '')}'`,
    `script-src '${hashOf(script ?? '')}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return fill({ ...makePageView(content), policy, style, script });
}

/** With the line ends that browsers make of all others: the hashes are over what they read. */
async function readPart(name: string): Promise<string> {
  return (await readFile(new URL(name, FOLDER), 'utf8')).replaceAll('\r\n', '\n');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
