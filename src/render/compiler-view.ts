import type { EnvEntry, Toolchain } from '../recipe/target.ts';
import type { CompilerView } from './dockerfile-view.ts';

/**
 * Gives what a template needs to know of the compiler that is installed; null for none. On a builder of the target's own
 * architecture Debian has no cross compiler for it: there plain gcc goes by the same name, `x86_64-linux-gnu-gcc`.
 */
export function compilerView({ compiler }: Toolchain): CompilerView | null {
  if (compiler === null) return null;
  const { architecture, triplet } = compiler;
  return {
    architecture,
    ownPackages: ['gcc', 'libc6-dev'],
    // Names of packages have no underscore: x86_64 is x86-64 in them.
    crossPackages: [`gcc-${triplet.replaceAll('_', '-')}`, `libc6-dev-${architecture}-cross`],
  };
}

/** Gives the variables by which Go and make know the compiler that is installed; none without one. */
export function compilerVariables({ compiler }: Toolchain): readonly EnvEntry[] {
  if (compiler === null) return [];
  const { triplet } = compiler;
  return [
    { name: 'CC', value: `${triplet}-gcc` },
    { name: 'CXX', value: `${triplet}-g++` },
  ];
}

/** Gives the variables by which makefiles know what comes with it; LD is left out, as many link with `LD = $(CC)`. */
export function binutilsVariables({ compiler }: Toolchain): readonly EnvEntry[] {
  if (compiler === null) return [];
  const { triplet } = compiler;
  const tools = ['ar', 'ranlib', 'strip'].map((tool) => ({ name: tool.toUpperCase(), value: `${triplet}-${tool}` }));
  return [...tools, { name: 'CROSS_COMPILE', value: `${triplet}-` }];
}
