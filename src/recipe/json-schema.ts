import * as z from 'zod';
import { recipeSchema } from './recipe-schema.ts';
import { workspaceSchema } from './workspace-schema.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** Gives the JSON Schema (draft 7, which editors know best) of a recipe. */
export function recipeJsonSchema(): JsonSchema {
  return toJsonSchema(
    recipeSchema,
    'forkwright recipe',
    'One fork: what it is made of, for which platforms, and where it goes',
  );
}

/** Gives the JSON Schema of forkwright.yaml. */
export function workspaceJsonSchema(): JsonSchema {
  return toJsonSchema(workspaceSchema, 'forkwright workspace', 'What holds for all recipes of a workspace');
}

function toJsonSchema(schema: z.ZodType, title: string, description: string): JsonSchema {
  return { ...z.toJSONSchema(schema.meta({ title, description }), { target: 'draft-7', io: 'input' }) };
}
