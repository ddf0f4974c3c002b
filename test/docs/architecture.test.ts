import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

test('the page lists the rooms of src/ in the order that the arrows have', async () => {
  const page = await read('docs/architecture.md');
  const listed = [...page.matchAll(/^\| `(\w+)\/` +\|/gm)].map(([, room]) => room);
  const ordered = /^const ROOMS = \[([^\]]*)\]/m.exec(await read('.dependency-cruiser.cjs'))?.[1] ?? '';
  expect(listed).toEqual([...ordered.matchAll(/'(\w+)'/g)].map(([, room]) => room));
  const entries = await readdir(new URL('../../src/', import.meta.url), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(listed.toSorted()).toEqual(folders.toSorted());
});

test('the page lists the fences', async () => {
  const page = (await read('docs/architecture.md')).toLowerCase();
  const fences = (await read('.dependency-cruiser.cjs')).matchAll(/\{ library: '@?(\w+)\/?', rooms: '([\w|]+)' \}/g);
  for (const [, library = '', rooms = ''] of fences) {
    const cells = rooms.split('|').map((room) => `\`${room}\``);
    expect(page.replaceAll(/ +/g, ' ')).toContain(`| ${library} | ${cells.join(', ')} |`);
  }
});
