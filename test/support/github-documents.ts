import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

type Schema = Readonly<Record<string, unknown>>;

const SLICE = JSON.parse(
  readFileSync(new URL('../fixtures/github/openapi-slice.json', import.meta.url), 'utf8'),
) as Schema;

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(widen(SLICE) as Schema, 'github');
const validators = new Map<string, ValidateFunction>();

/**
 * Makes the slice one that can be held to: ajv takes OpenAPI's `nullable` only beside a type, and the slice has lost
 * properties called `description`, which closed objects require.
 */
function widen(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(widen);
  if (typeof value !== 'object' || value === null) return value;
  const wide = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, widen(inner)] as const));
  const { nullable, type, required, properties } = wide;
  if (Array.isArray(required) && typeof properties === 'object') {
    wide['properties'] = { ...Object.fromEntries(required.map((name) => [String(name), {}])), ...properties };
  }
  if (nullable !== true || type !== undefined) return wide;
  const { nullable: _dropped, ...rest } = wide;
  return { anyOf: [{ type: 'null' }, rest] };
}

/** Throws where a document is not what GitHub's description of its API says of the component. */
export function holdToSlice(component: string, document: unknown): void {
  const pointer = `github#/components/schemas/${component}`;
  const validate = validators.get(component) ?? ajv.compile({ $ref: pointer });
  validators.set(component, validate);
  if (!validate(document)) throw new Error(`no ${component} of GitHub: ${ajv.errorsText(validate.errors)}`);
}

/** Makes a document of a component with all that it requires, and `values` over it; held to the description. */
export function makeDocument(component: string, values: Readonly<Record<string, unknown>>): unknown {
  const document = { ...(sampleOf(componentSchema(component), 0) as object), ...values };
  holdToSlice(component, document);
  return document;
}

function componentSchema(name: string): Schema {
  const { schemas } = SLICE['components'] as { readonly schemas: Readonly<Record<string, Schema>> };
  const schema = schemas[name];
  if (schema === undefined) throw new Error(`the slice has no component ${name}`);
  return schema;
}

/** The smallest value that a schema takes. */
function sampleOf(schema: Schema, depth: number): unknown {
  const { $ref: ref, enum: choices, nullable, allOf, anyOf, oneOf, type, format } = schema;
  if (typeof ref === 'string') return sampleOf(componentSchema(ref.slice(ref.lastIndexOf('/') + 1)), depth + 1);
  if (nullable === true) return null;
  if (Array.isArray(choices)) return choices[0];
  const [first] = [allOf, anyOf, oneOf].filter(Array.isArray).flat() as readonly Schema[];
  if (first !== undefined) return sampleOf(first, depth + 1);
  const kinds = Array.isArray(type) ? (type as readonly string[]) : [type];
  if (kinds.includes('null')) return null;
  switch (kinds[0]) {
    case 'object': {
      const { required = [], properties = {} } = schema as {
        readonly required?: readonly string[];
        readonly properties?: Readonly<Record<string, Schema>>;
      };
      return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name] ?? {}, depth + 1)]));
    }
    case 'array':
      return [];
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'string':
      if (format === 'uri') return 'https://github.example/x';
      return format === 'date-time' ? '2026-02-27T19:35:32Z' : 'text';
    default:
      return {};
  }
}
