import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { renderPage } from '../../src/fleet/render-page.ts';
import { samplePage } from '../support/fleet-sample.ts';

const part = (name: string) => readFile(new URL(`../../templates/status/${name}`, import.meta.url), 'utf8');
const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

test('the same content gives the same page; only the time of observation is another one', async () => {
  const page = await renderPage(samplePage());
  expect(await renderPage(samplePage())).toBe(page);
  const later = await renderPage({ ...samplePage(), observedAt: '2026-11-22T12:34:56.000Z' });
  expect(later).toContain('<time datetime="2026-11-22T12:34:56.000Z">2026-11-22 12:34 UTC</time>');
  expect(later.replace(/<time.*?<\/time>/, '')).toBe(page.replace(/<time.*?<\/time>/, ''));
});

test('the policy allows its own style and script alone', async () => {
  const page = await renderPage(samplePage());
  const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
  const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(page) ?? [];
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="(.*?)"/.exec(page) ?? [];
  const rules = [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(script)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ];
  // Handlebars writes the quotes and the sign of base64's end as references.
  expect(policy.replaceAll('&#x27;', "'").replaceAll('&#x3D;', '=')).toBe(rules.join('; '));
  expect(page).not.toMatch(/\s(?:style|on\w+)="/);
});

test('texts from outside stay texts', async () => {
  const page = await renderPage(samplePage());
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).not.toContain('<img');
  expect(page).toContain('&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).toContain('&quot;quoted&quot; \\u202ebackwards');
});

test('everything but style and script is escaped by the template', async () => {
  const raw = (await part('page.html.hbs')).match(/\{\{\{.*?\}\}\}|\{\{&.*?\}\}/g);
  expect(raw).toEqual(['{{{style}}}', '{{{script}}}']);
  for (const name of ['page.css', 'page.js']) expect(await part(name)).not.toMatch(/<\/|<!--/);
});

test.each([
  ['https://gitlab.example.com/releng/-/merge_requests/41', true],
  ['javascript:alert(1)', false],
  ['data:text/html,<script>alert(1)</script>', false],
  ['not an address', false],
])('a link leads to the web or is none: %s', async (url, isLink) => {
  const [row, ...rows] = samplePage().rows;
  const mergeRequest = { ...row!.mergeRequest, state: 'there' as const, iid: 41, url };
  const page = await renderPage({ ...samplePage(), rows: [{ ...row!, mergeRequest }, ...rows] });
  expect(page.includes('<a href=')).toBe(isLink);
  expect(page).not.toContain('href="javascript:');
});

test('a workspace without recipes has a page too', async () => {
  const page = await renderPage({ ...samplePage(), rows: [], faults: [] });
  expect(page).toContain('0 recipes, observed');
  expect(page).not.toContain('class="faults"');
});
