import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { recipeJsonSchema, workspaceJsonSchema } from '../../src/recipe/json-schema.ts';

const ajv = new Ajv({ strict: true, strictRequired: false, strictTypes: false, allErrors: true });
const isRecipe = ajv.compile(recipeJsonSchema());
const isWorkspace = ajv.compile(workspaceJsonSchema());

async function read(file: string): Promise<string> {
  return readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
}

test.each([
  ['recipe', recipeJsonSchema],
  ['workspace', workspaceJsonSchema],
])('schema/%s.schema.json is what the code says', async (kind, schema) => {
  const how = `it is stale: forkwright schema ${kind} > schema/${kind}.schema.json`;
  expect(await read(`schema/${kind}.schema.json`), how).toBe(`${JSON.stringify(schema(), null, 2)}\n`);
});

test.each(['dockerfile-copy', 'esbuild', 'sentry-cli'])(
  'recipes/%s.yaml names the schema, and is valid by it',
  async (name) => {
    const text = await read(`recipes/${name}.yaml`);
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../schema/recipe.schema.json');
    isRecipe(parse(text));
    expect(isRecipe.errors).toBeNull();
  },
);

test('forkwright.yaml names the schema, and is valid by it', async () => {
  const text = await read('forkwright.yaml');
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=schema/workspace.schema.json');
  isWorkspace(parse(text));
  expect(isWorkspace.errors).toBeNull();
});

test.each([
  [{}, true],
  [{ nam: 'x' }, false],
  [{ version: 1.1 }, false],
  [
    { build: { kind: 'prebuilt', output: '/x', npm: { package: 'a', version: '1.0.0', file: 'a', integrity: 'b' } } },
    true,
  ],
  [{ build: { kind: 'prebuilt', output: '/x' } }, false],
  [{ build: { kind: 'prebuilt', output: '/x', path: 'a', url: 'b', sha256: 'c' } }, false],
  [{ build: { kind: 'prebuilt', output: '/x', path: '/a', image: 'alpine' } }, true],
  [{ build: { kind: 'prebuilt', output: { 'linux/amd64': '/x' }, path: 'a' } }, true],
  [{ build: { kind: 'prebuilt', output: '/x', path: 'a', content: 'b\n' } }, false],
  [{ build: { kind: 'go', image: 'golang' } }, false],
  [{ image: { base: 'scratch', files: [{ to: '/a', content: 'a\n' }] } }, true],
  [{ image: { base: 'scratch', files: [{ to: '/a' }] } }, false],
  [{ image: { base: 'scratch', healthcheck: 'none', ports: [80, '53/udp'], stopSignal: 9 } }, true],
  [{ image: { base: 'scratch', entrypoint: '/x' } }, false],
  [
    {
      platforms: ['linux/amd64', { platform: 'linux/arm/v7', emulate: true, image: { user: null, env: { A: null } } }],
    },
    true,
  ],
  [{ platforms: [{ platform: 'linux/arm/v7', build: { npm: { version: '1.0.0' } } }] }, true],
  [{ platforms: [{ platform: 'linux/arm/v7', image: { usr: 'a' } }] }, false],
  [{ platforms: [{ platform: 'linux/arm/v7', name: 'x' }] }, false],
  [{ platforms: [] }, false],
])('a recipe with %j: %s', (fields, isValid) => {
  expect(isRecipe({ name: 'tool', ...fields })).toBe(isValid);
});

/** The paths of the properties in a JSON Schema that editors have nothing to show for. */
function undescribed(schema: unknown, path: string): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
    if (key !== 'properties') return undescribed(value, `${path}/${key}`);
    return Object.entries(value ?? {}).flatMap(([name, property]: [string, unknown]) => {
      const isDescribed =
        typeof property === 'object' && property !== null && ('description' in property || 'const' in property);
      return [...(isDescribed ? [] : [`${path}/${name}`]), ...undescribed(property, `${path}/${name}`)];
    });
  });
}

test('every field has a description', () => {
  expect(undescribed(recipeJsonSchema(), '').filter((path) => !path.endsWith('/kind'))).toEqual([]);
  expect(undescribed(workspaceJsonSchema(), '')).toEqual([]);
});
