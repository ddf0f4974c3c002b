import { parseReference } from '../oci/reference.ts';
import type { TextPerPlatform } from './field.ts';
import type { BuildFields } from './recipe-schema.ts';
import { resolveProgram } from './resolve-source.ts';
import type { Build, EnvEntry } from './target.ts';
import { fillText, parseFilled, type TextContext } from './target-texts.ts';
import { parseImageFile } from './workspace-path.ts';

/** Resolves `build` on a platform; null where something about it was reported. */
export function resolveBuild(fields: BuildFields, context: TextContext): Build | null {
  switch (fields.kind) {
    case 'go': {
      const output = resolveOutput(fields.output, context);
      const ldflags = fillText(fields.ldflags, ['build', 'ldflags'], context)?.text ?? null;
      if (output === null || (fields.ldflags !== undefined && ldflags === null)) return null;
      return {
        kind: 'go',
        image: parseReference(fields.image),
        package: fields.package ?? '.',
        importPath: fields.importPath ?? null,
        modules: fields.modules ?? null,
        ldflags,
        tags: fields.tags ?? [],
        cgo: fields.cgo ?? false,
        env: toEntries(fields.env),
        packages: fields.packages ?? [],
        output,
      };
    }
    case 'make': {
      const output = resolveOutput(fields.output, context);
      if (output === null) return null;
      return {
        kind: 'make',
        image: parseReference(fields.image),
        packages: fields.packages ?? [],
        targets: fields.targets ?? [],
        variables: toEntries(fields.variables),
        env: toEntries(fields.env),
        file: fields.file,
        output,
      };
    }
    case 'dockerfile':
      return {
        kind: 'dockerfile',
        dockerfile: fields.dockerfile ?? 'Dockerfile',
        target: fields.target ?? null,
        args: Object.entries(fields.args ?? {}).flatMap(([name, value]) => {
          const filled = fillText(value, ['build', 'args', name], context);
          return filled === null ? [] : [{ name, value: filled.text }];
        }),
      };
    case 'prebuilt': {
      const program = resolveProgram(fields, ['build'], context);
      return program === null ? null : { kind: 'prebuilt', program };
    }
  }
}

function resolveOutput(output: TextPerPlatform, context: TextContext): string | null {
  return parseFilled(fillText(output, ['build', 'output'], context), parseImageFile, context.report);
}

/** Gives a map of variables in the order of the file. */
export function toEntries(map: Readonly<Record<string, string>> = {}): readonly EnvEntry[] {
  return Object.entries(map).map(([name, value]) => ({ name, value }));
}
