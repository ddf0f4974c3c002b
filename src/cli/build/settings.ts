import { availableParallelism } from 'node:os';
import { ForkwrightError } from '../../errors.ts';
import type { Input } from '../input.ts';

/** What the command line says of building. */
export interface BuildSettings {
  /** `auto`: the native builder where it can, else buildx. */
  readonly builder: 'auto' | 'buildx' | 'native';
  /** How many targets are built at once. */
  readonly parallel: number;
  /** Keep nothing of earlier builds. */
  readonly isCold: boolean;
  readonly hasTests: boolean;
  /** Build only what is not there yet, built from the same. */
  readonly isIfNeeded: boolean;
  /** Caches as buildx takes them; `{recipe}` and `{slug}` stand for the target's. */
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
}

/**
 * Reads what was said of building; caches that no option names come from FORKWRIGHT_CACHE_FROM and FORKWRIGHT_CACHE_TO.
 * Throws `usage.not-a-count`.
 */
export function readBuildSettings(input: Input, env: Readonly<Record<string, string | undefined>>): BuildSettings {
  const { builder, parallel, cache, test, ifNeeded, cacheFrom, cacheTo } = input;
  return {
    builder: builder === 'buildx' || builder === 'native' ? builder : 'auto',
    parallel: typeof parallel === 'string' ? readCount(parallel) : availableParallelism(),
    isCold: cache === false,
    hasTests: test !== false,
    isIfNeeded: ifNeeded === true,
    cacheFrom: readCaches(cacheFrom, env['FORKWRIGHT_CACHE_FROM']),
    cacheTo: readCaches(cacheTo, env['FORKWRIGHT_CACHE_TO']),
  };
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new ForkwrightError('usage.not-a-count', `--parallel is ${JSON.stringify(text)}`, { hint: 'give 1 or more' });
}

function readCaches(option: Input[string], variable: string | undefined): readonly string[] {
  if (Array.isArray(option)) return option;
  return variable === undefined || variable === '' ? [] : [variable];
}
