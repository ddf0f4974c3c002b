import { debianCompiler } from '../platform/debian-compiler.ts';
import { formatPlatform } from '../platform/platform.ts';
import { packageManagerOf } from './package-manager.ts';
import type { BuildFields } from './recipe-schema.ts';
import type { Toolchain } from './target.ts';
import type { TextContext } from './target-texts.ts';

type CompiledFields = Extract<BuildFields, { kind: 'go' | 'make' }>;

const ON_BUILDER: Toolchain = { isOnTarget: false, compiler: null };
const ON_TARGET: Toolchain = { isOnTarget: true, compiler: null };

/**
 * Decides what compiles a program, and where. Go without C needs nothing; make without `cross` takes what it finds on the
 * target's platform; where the recipe says CC itself, it brings its compiler along. Else it is Debian's cross compiler,
 * and with Alpine, which has none, cgo takes gcc on the target's platform. null where nothing will do; that is reported.
 */
export function resolveToolchain(
  fields: CompiledFields,
  { platform, report }: Pick<TextContext, 'platform' | 'report'>,
): Toolchain | null {
  const { kind, image, env = {} } = fields;
  if (kind === 'go' && fields.cgo !== true) return ON_BUILDER;
  if (kind === 'make' && fields.cross !== true) return ON_TARGET;
  const variables = kind === 'make' ? { ...env, ...fields.variables } : env;
  if (variables['CC'] !== undefined) return ON_BUILDER;

  const isAlpine = packageManagerOf(image) === 'apk';
  if (isAlpine && kind === 'go' && platform.os === 'linux') return ON_TARGET;
  const compiler = isAlpine ? null : debianCompiler(platform);
  if (compiler !== null) return { isOnTarget: false, compiler };

  const key = kind === 'go' ? 'cgo' : 'cross';
  const where = formatPlatform(platform);
  const what = isAlpine
    ? `the cross compilers are Debian's, and ${image} is Alpine's`
    : `Debian has no C compiler for ${where}`;
  const otherwise = kind === 'go' ? 'leave cgo out' : 'leave cross out and let an emulator run make';
  const hint = `${otherwise}, or install a compiler with packages and name it as CC in env`;
  report(['build', key], 'no-cross-compiler', what, { hint });
  return null;
}
