import * as z from 'zod';

/**
 * Gives the schema of what an entry of `platforms` may say of a map: the map's own, where every key may be left out or
 * null, all the way down. Rules that span keys are left to the merged map.
 */
export function overriding(map: z.ZodObject): z.ZodObject {
  const shape = Object.entries(map.shape).map(([key, field]) => {
    const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
    const description = inner instanceof z.ZodType ? inner.description : undefined;
    return [key, relaxed(inner).nullable().optional().meta({ description })];
  });
  return z.strictObject(Object.fromEntries(shape));
}

function relaxed(field: z.core.$ZodType): z.ZodType {
  if (field instanceof z.ZodObject) return overriding(field);
  if (field instanceof z.ZodRecord) return z.record(z.string(), relaxed(field.valueType).nullable());
  if (field instanceof z.ZodUnion) return z.union(field.options.map(relaxed));
  if (field instanceof z.ZodType) return field;
  throw new TypeError('only schemas of zod itself can be relaxed');
}
