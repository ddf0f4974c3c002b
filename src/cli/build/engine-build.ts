import type { BuildTarget } from '../../build/build-targets.ts';
import { buildWithBuildx } from '../../build/buildx.ts';
import type { Mirrors } from '../../build/mirror-contexts.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Target } from '../../recipe/target.ts';
import { withContexts } from './contexts.ts';
import type { BuildSettings } from './settings.ts';
import type { BuildSource } from './source.ts';
import type { Invocation } from '../command.ts';

export interface EngineBuildInput {
  readonly engine: Engine;
  readonly sourceOf: (target: Target) => BuildSource | null;
  readonly mirrors: Mirrors;
  /** SOURCE_DATE_EPOCH of the environment, which wins over those of the lock and the source; null where it is not set. */
  readonly givenEpoch: number | null;
  readonly settings: BuildSettings;
  readonly invocation: Pick<Invocation, 'root' | 'env' | 'signal'>;
}

/** Gives what builds a target with the engine, all that belongs to this run put in. */
export function engineBuild(input: EngineBuildInput): BuildTarget {
  const { engine, sourceOf, mirrors, givenEpoch, settings, invocation } = input;
  const { root, env, signal } = invocation;
  return async (target, task) => {
    const source = sourceOf(target);
    const fill = (cache: string) => cache.replaceAll('{recipe}', target.recipe).replaceAll('{slug}', target.slug);
    return withContexts(target, source, mirrors, invocation, (contexts) =>
      buildWithBuildx(target, task, {
        root,
        env,
        engine,
        signal,
        sourceFolder: source?.folder ?? null,
        contexts,
        epochSeconds: givenEpoch ?? target.pins.epochSeconds ?? source?.epochSeconds ?? 0,
        cacheFrom: settings.cacheFrom.map(fill),
        cacheTo: settings.cacheTo.map(fill),
        isCold: settings.isCold,
      }),
    );
  };
}
