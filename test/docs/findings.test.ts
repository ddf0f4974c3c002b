import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readWorkspaceText } from '../../src/recipe/workspace-file.ts';
import { collectCodes } from '../support/finding-codes.ts';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

async function readPage(): Promise<string> {
  return readFile(new URL('../../docs/findings.md', import.meta.url), 'utf8');
}

async function listedCodes(): Promise<readonly string[]> {
  return [...(await readPage()).matchAll(/^\| `([a-z-]+\.[a-z0-9-]+)` +\|/gm)].map(([, code = '']) => code);
}

// A fault of forkwright.yaml has the code of the same fault of a recipe, with another area.
const WORKSPACE_FAULTS: readonly (readonly [code: string, text: string])[] = [
  ['workspace.unknown-key', 'regstry: registry.example.com\n'],
  ['workspace.missing-key', 'runners:\n  linux/amd64: { native: true }\n'],
  ['workspace.wrong-type', 'group: [releng]\n'],
  ['workspace.unquoted', 'group: 1\n'],
  ['workspace.invalid-value', 'registry: releng\n'],
  ['workspace.unknown-platform', 'runners:\n  linux/arm6: [arm]\n'],
  ['workspace.duplicate-platform', 'platforms: [linux/amd64, linux/x86_64]\n'],
  ['workspace.too-many', Array.from({ length: 201 }, (_, index) => `odd${index}: 1\n`).join('')],
];

test.each(WORKSPACE_FAULTS)('forkwright.yaml can have the fault %s', (code, text) => {
  const codes = readWorkspaceText(text, 'forkwright.yaml').findings.map((finding) => finding.code);
  expect(codes.at(-1)).toBe(code);
});

test('the page has every code that the program can report, each once, and no other', async () => {
  const reported = [...(await collectCodes(SRC)), ...WORKSPACE_FAULTS.map(([code]) => code)];
  expect((await listedCodes()).toSorted()).toEqual(reported.toSorted());
});

test('no code escapes the scan: every text in the program that looks like one is on the page', async () => {
  const listed = new Set(await listedCodes());
  const areas = new Set([...listed].map((code) => code.slice(0, code.indexOf('.'))));
  const escaped: string[] = [];
  for (const name of (await readdir(SRC, { recursive: true })).filter((each) => each.endsWith('.ts'))) {
    const text = await readFile(join(SRC, name), 'utf8');
    for (const [, code = ''] of text.matchAll(/'([a-z-]+\.[a-z0-9-]+)'/g)) {
      const isCode = areas.has(code.slice(0, code.indexOf('.'))) && !NO_CODES.has(code);
      if (isCode && !listed.has(code)) escaped.push(`${name}: ${code}`);
    }
  }
  expect(escaped).toEqual([]);
});

// Names of files, and the note that docker leaves in index.json.
const NO_CODES = new Set(['index.json', 'index.html', 'manifest.json', 'config.json', 'config.digest']);
