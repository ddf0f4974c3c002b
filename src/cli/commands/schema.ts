import { recipeJsonSchema, workspaceJsonSchema } from '../../recipe/json-schema.ts';
import type { CommandResult, Invocation } from '../command.ts';

export interface SchemaArguments {
  readonly kind: 'recipe' | 'workspace';
}

/** `forkwright schema`: the JSON Schema of recipes or of forkwright.yaml, on stdout. */
export async function schemaCommand({ kind }: SchemaArguments, _invocation: Invocation): Promise<CommandResult> {
  const document = kind === 'recipe' ? recipeJsonSchema() : workspaceJsonSchema();
  return {
    schema: 'forkwright.schema/v1',
    json: { kind, document },
    text: `${JSON.stringify(document, null, 2)}\n`,
    findings: [],
  };
}
