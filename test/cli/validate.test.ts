import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { schemaCommand } from '../../src/cli/commands/schema.ts';
import { validateCommand } from '../../src/cli/commands/validate.ts';
import { recipeJsonSchema, workspaceJsonSchema } from '../../src/recipe/json-schema.ts';
import { makeInvocation } from '../support/invocation.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'forkwright-validate-'));
  await mkdir(join(root, 'recipes'));
});
afterEach(() => rm(root, { recursive: true }));

const TOOL = 'name: tool\nversion: "1.2"\nimage: {base: scratch}\nplatforms: [linux/arm/v7, linux/amd64]\n';

test('validate lists the sound recipes', async () => {
  await writeFile(join(root, 'recipes/tool.yaml'), TOOL);
  expect(await validateCommand({ recipes: [] }, makeInvocation(root))).toEqual({
    schema: 'forkwright.validate/v1',
    json: {
      recipes: [
        { name: 'tool', file: 'recipes/tool.yaml', version: '1.2', platforms: ['linux/amd64', 'linux/arm/v7'] },
      ],
    },
    text: 'recipe  version  platforms\ntool    1.2      linux/amd64 linux/arm/v7\n',
    findings: [],
  });
});

test('validate gives the findings of faulty ones, with their frames, and nothing for people on stdout', async () => {
  await writeFile(join(root, 'recipes/tool.yaml'), TOOL.replace('name: tool', 'nme: tool\nname: tool'));
  expect(await validateCommand({ recipes: ['tool'] }, makeInvocation(root))).toEqual({
    schema: 'forkwright.validate/v1',
    json: { recipes: [] },
    text: '',
    findings: [
      {
        code: 'recipe.unknown-key',
        severity: 'error',
        place: 'recipes/tool.yaml:1:1',
        text: '"nme" is not a known key',
        hint: 'did you mean name?',
        frame: '> 1 | nme: tool\n    | ^\n  2 | name: tool',
      },
    ],
  });
});

test('schema prints the schema as it is written to schema/', async () => {
  const recipe = await schemaCommand({ kind: 'recipe' }, makeInvocation(root));
  expect(recipe.text).toBe(`${JSON.stringify(recipeJsonSchema(), null, 2)}\n`);
  const workspace = await schemaCommand({ kind: 'workspace' }, makeInvocation(root));
  expect(workspace.text).toBe(`${JSON.stringify(workspaceJsonSchema(), null, 2)}\n`);
});
