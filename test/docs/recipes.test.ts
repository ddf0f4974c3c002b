import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { recipeJsonSchema, workspaceJsonSchema } from '../../src/recipe/json-schema.ts';
import { faultsOf, workspaceOf } from '../support/recipe-text.ts';

const PAGE = await readFile(new URL('../../docs/recipes.md', import.meta.url), 'utf8');

interface Example {
  readonly file: string;
  readonly text: string;
}

/** The examples that are whole files: their first line says which. */
const EXAMPLES: readonly Example[] = [...PAGE.matchAll(/^```yaml\n(# (\S+\.yaml)\n[\s\S]*?)^```$/gm)].map(
  ([, text = '', file = '']) => ({ file, text }),
);
const WORKSPACE = EXAMPLES.find(({ file }) => file === 'forkwright.yaml');
const RECIPES = EXAMPLES.filter(({ file }) => file.startsWith('recipes/'));

/** Every key that a JSON Schema has anywhere below. */
function keysOf(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf);
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => {
    const own = key === 'properties' ? Object.keys(Object(value)) : [];
    return [...own, ...keysOf(key === 'properties' ? Object.values(Object(value)) : value)];
  });
}

/** The first column of the tables whose head says `field`. */
function listedFields(): readonly string[] {
  const tables = PAGE.split(/\n\n+/).filter((block) => /^\| field +\|/.test(block));
  return tables.flatMap((table) => [...table.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, field = '']) => field));
}

test.each(RECIPES)('the example $file is a sound recipe', ({ file, text }) => {
  // The loader holds the name to the file's; the helper calls every file tool.yaml.
  const name = file.replace(/^recipes\/|\.yaml$/g, '');
  const renamed = text.replace(`\nname: ${name}\n`, '\nname: tool\n');
  expect(renamed).toContain('\nname: tool\n');
  expect(faultsOf(renamed, workspaceOf(WORKSPACE?.text ?? ''))).toEqual([]);
});

test('there is an example of every kind of build, and of forkwright.yaml', () => {
  const kinds = RECIPES.map(({ text }) => /^ {2}kind: (\w+)$/m.exec(text)?.[1] ?? 'none');
  expect([...new Set(kinds)].toSorted()).toEqual(['dockerfile', 'go', 'make', 'none', 'prebuilt']);
  expect(WORKSPACE?.text).toMatch(/^registry: /m);
});

test('the page lists every field, and no other', () => {
  const known = new Set([...keysOf(recipeJsonSchema()), ...keysOf(workspaceJsonSchema())]);
  expect([...new Set(listedFields())].toSorted()).toEqual([...known].toSorted());
});
