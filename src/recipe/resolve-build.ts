import { parseReference } from '../oci/reference.ts';
import { goBuiltPath, makeBuiltPath } from './built-path.ts';
import type { TextPerPlatform } from './field.ts';
import type { Name } from './name-text.ts';
import type { BuildFields } from './recipe-schema.ts';
import { resolveProgram } from './resolve-source.ts';
import { resolveToolchain } from './resolve-toolchain.ts';
import type { Build, EnvEntry } from './target.ts';
import { fillText, parseFilled, type TextContext } from './target-texts.ts';
import { parseImageFile } from './workspace-path.ts';

/** Resolves `build` on a platform; null where something about it was reported. */
export function resolveBuild(fields: BuildFields, context: TextContext): Build | null {
  switch (fields.kind) {
    case 'go': {
      const output = resolveOutput(fields.output, context);
      const ldflags = fillText(fields.ldflags, ['build', 'ldflags'], context)?.text ?? null;
      const toolchain = resolveToolchain(fields, context);
      if (output === null || toolchain === null || (fields.ldflags !== undefined && ldflags === null)) return null;
      return {
        kind: 'go',
        image: parseReference(fields.image),
        package: fields.package ?? '.',
        importPath: fields.importPath ?? null,
        modules: fields.modules ?? null,
        ldflags,
        tags: fields.tags ?? [],
        cgo: fields.cgo ?? false,
        toolchain,
        env: toEntries(fields.env),
        packages: fields.packages ?? [],
        finish: resolveFinish(fields.finish, goBuiltPath(output), context),
        output,
      };
    }
    case 'make': {
      const output = resolveOutput(fields.output, context);
      const toolchain = resolveToolchain(fields, context);
      if (output === null || toolchain === null) return null;
      return {
        kind: 'make',
        image: parseReference(fields.image),
        toolchain,
        packages: fields.packages ?? [],
        targets: fields.targets ?? [],
        variables: toEntries(fields.variables),
        env: toEntries(fields.env),
        file: fields.file,
        finish: resolveFinish(fields.finish, makeBuiltPath(fields.file), context),
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

/** Fills in the words of the commands that are run on the built program. */
function resolveFinish(
  commands: readonly (readonly string[])[] = [],
  built: string,
  context: TextContext,
): readonly (readonly string[])[] {
  const values = new Map<Name, string>([...context.values, ['built', built]]);
  return commands.map((words, command) =>
    words.map((word, index) => {
      const filled = fillText(word, ['build', 'finish', command, index], { ...context, values });
      // What has no value here was reported, and the target is dropped.
      return filled?.text ?? '';
    }),
  );
}

/** Gives a map of variables in the order of the file. */
export function toEntries(map: Readonly<Record<string, string>> = {}): readonly EnvEntry[] {
  return Object.entries(map).map(([name, value]) => ({ name, value }));
}
