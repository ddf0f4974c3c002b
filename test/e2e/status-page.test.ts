import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import * as z from 'zod';
import { renderPage } from '../../src/fleet/render-page.ts';
import { samplePage } from '../support/fleet-sample.ts';
import { findChromium } from './support/chromium.ts';
import { testWith } from './support/needs.ts';

const NEEDS = ['chromium'] as const;
const COLUMNS = 9;
// Types of the browser's own things would be there for the whole program: what runs in the page is plain JavaScript.
const PROBES = await readFile(new URL('support/status-page-probes.js', import.meta.url), 'utf8');
const WORST_FIRST = [
  'dockerfile-copy',
  'kaniko',
  'dumb-init',
  'esbuild',
  'gitlab-runner-helper',
  'binfmt',
  'buildkit',
  'sentry-cli',
];

let html: string;
let url: string;
let close: () => void;
let browser: Promise<Browser> | null = null;
beforeAll(async () => {
  html = await renderPage(samplePage());
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(html));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`;
  close = () => void server.close();
});
afterAll(async () => {
  await (await browser)?.close();
  close();
});

interface OpenOptions {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
  readonly hasScript?: boolean;
  readonly fragment?: string;
}

/** Opens the page; it fails the test where the page says something on its console, or asks for anything but itself. */
async function openPage(options: OpenOptions = {}): Promise<Page> {
  const { width = 1280, scheme = 'light', hasScript = true, fragment = '' } = options;
  // Chromium refuses its sandbox to root, which containers of jobs run as; it is shown nothing but our own page.
  browser ??= puppeteer.launch({ executablePath: findChromium() ?? '', args: ['--no-sandbox'] });
  const page = await (await browser).newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) said.push(request.url());
  });
  await page.setJavaScriptEnabled(hasScript);
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(`${url}${fragment}`, { waitUntil: 'networkidle0' });
  onTestFinished(async () => {
    await page.close();
    expect(said).toEqual([url + fragment]);
  });
  return page;
}

const listRecipes = (page: Page) =>
  page.$$eval('#fleet > tbody:not([hidden]) .name', (names) => names.map((name) => name.textContent));
const readSort = (page: Page) =>
  page.$$eval('#fleet > thead th', (heads) => heads.map((head) => head.getAttribute('aria-sort')));
/** Asks the page one of the probes. */
async function probe(page: Page, name: string, argument: string | number | null = null): Promise<unknown> {
  return page.evaluate(`${PROBES}probes.${name}(${JSON.stringify(argument)})`);
}

testWith(NEEDS, 'without a script all facts are there, and rows open', async () => {
  const page = await openPage({ hasScript: false });
  expect(await listRecipes(page)).toEqual(WORST_FIRST);
  expect(await page.$$('button, input')).toEqual([]);
  const isShown = () => probe(page, 'isShown', '#recipe-esbuild .panel');
  expect(await isShown()).toBe(false);
  const summary = await page.$('#recipe-esbuild summary');
  await summary?.click();
  expect(await isShown()).toBe(true);
  await summary?.press('Enter');
  expect(await isShown()).toBe(false);
  await summary?.press('Enter');
  const text = await page.$eval('#recipe-esbuild', (body) => body.textContent);
  for (const fact of [
    '2d5b6cb0e6a1f9d4b1fc3fd1dd8b6a4f5e7c8d9e',
    '3385f1bfe8d491169b054e4417f570c30f6325df',
    'differs',
    '</script><script>alert(1)</script><img src=x onerror=alert(2)> "quoted" \\u202ebackwards',
    "upstream's image also has linux/386",
    'and 9 more',
  ]) {
    expect(text).toContain(fact);
  }
});

testWith(NEEDS, 'every column sorts by click and by keyboard, both ways, with the unknown last', async () => {
  const page = await openPage();
  expect(await readSort(page)).toEqual([null, 'descending', ...Array<null>(COLUMNS - 2).fill(null)]);
  const buttons = await page.$$('#fleet > thead button');
  expect(buttons).toHaveLength(COLUMNS);
  // By state it is sorted already: the first press turns it.
  await buttons[1]?.click();
  expect((await readSort(page))[1]).toBe('ascending');
  for (const [column, button] of buttons.entries()) {
    if (column === 1) await buttons[0]?.click();
    // Names begin with a, numbers with the largest.
    const first = column === 0 ? 'ascending' : 'descending';
    for (const direction of [first, first === 'ascending' ? 'descending' : 'ascending']) {
      await (column % 2 === 0 ? button.click() : button.press('Enter'));
      expect((await readSort(page))[column]).toBe(direction);
      const values = z.array(z.string()).parse(await probe(page, 'sortKeys', column));
      const known = values.filter((value) => value !== '');
      expect(values.slice(known.length).every((value) => value === '')).toBe(true);
      const ascending = column === 0 ? known.toSorted() : known.toSorted((a, b) => Number(a) - Number(b));
      expect(known).toEqual(direction === 'ascending' ? ascending : ascending.toReversed());
    }
  }
  expect((await readSort(page)).filter((direction) => direction !== null)).toHaveLength(1);
});

testWith(NEEDS, 'the filter takes words, and says how many are left', async () => {
  const page = await openPage();
  await page.type('input[type=search]', 'POOR archived');
  expect(await listRecipes(page)).toEqual(['kaniko']);
  expect(await page.$eval('output', (output) => output.textContent)).toBe('1 of 8 shown');
  await page.$eval('input[type=search]', (input) => input.select());
  await page.keyboard.press('Backspace');
  expect(await listRecipes(page)).toEqual(WORST_FIRST);
});

testWith(NEEDS, 'a link to a recipe opens it', async () => {
  const page = await openPage({ fragment: '#recipe-buildkit' });
  expect(await page.$$eval('details[open]', (all) => all.map((each) => each.closest('tbody')?.id ?? ''))).toEqual([
    '',
    'recipe-buildkit',
  ]);
});

testWith(NEEDS, 'the keyboard reaches everything that can be pressed, and shows where it is', async () => {
  const page = await openPage();
  const reached: string[] = [];
  const count = await page.$$eval('a, button, input, summary', (all) => all.length);
  for (let step = 0; step < count; step++) {
    await page.keyboard.press('Tab');
    reached.push(String(await probe(page, 'focused')));
  }
  expect(reached.filter((each) => each.startsWith('SUMMARY'))).toHaveLength(WORST_FIRST.length + 1);
  expect(reached.filter((each) => each.startsWith('BUTTON'))).toHaveLength(COLUMNS);
  expect(reached.filter((each) => !each.endsWith(' solid'))).toEqual([]);
});

testWith(NEEDS, 'light and dark have grounds of their own, and every text stands out from its ground', async () => {
  const grounds: unknown[] = [];
  for (const scheme of ['light', 'dark'] as const) {
    const page = await openPage({ scheme });
    await probe(page, 'openAll');
    grounds.push(await probe(page, 'grounds'));
    expect(await probe(page, 'weakTexts')).toEqual([]);
  }
  expect(grounds).toEqual([
    ['rgb(247, 246, 243)', 'rgb(30, 29, 27)'],
    ['rgb(21, 20, 19)', 'rgb(237, 234, 229)'],
  ]);
});

testWith(NEEDS, 'nothing is cut off or pushed out on small screens', async () => {
  for (const width of [360, 620, 900, 1280]) {
    const page = await openPage({ width });
    await probe(page, 'openAll');
    expect([width, await probe(page, 'overflow')]).toEqual([width, [0]]);
  }
});

testWith(NEEDS, 'it is read as a table, also where its rows are cards', async () => {
  for (const width of [360, 1280]) {
    const page = await openPage({ width });
    const tree = JSON.stringify(await page.accessibility.snapshot({ interestingOnly: false }));
    const named = (role: string, name: string) => new RegExp(`"role":"${role}"[^{}]*"name":"${name}"`);
    expect(tree).toMatch(named('table', 'The worst sign of a recipe grades it[^"]*'));
    expect(tree).toMatch(named('rowheader', 'kaniko 1.2.3'));
    expect(tree).toMatch(named('cell', 'poor:\\s+520 days, archived'));
    for (const title of ['Recipe', 'State', 'Merge request']) expect(tree).toMatch(named('columnheader', title));
  }
});

testWith(NEEDS, 'it prints on white, dark or not', async () => {
  const page = await openPage({ scheme: 'dark' });
  await page.emulateMediaType('print');
  expect(await probe(page, 'grounds')).toEqual(['rgb(255, 255, 255)', 'rgb(30, 29, 27)']);
  expect(await probe(page, 'isShown', '#tools')).toBe(false);
});
