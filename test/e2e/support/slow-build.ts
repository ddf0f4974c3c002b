import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { startForkwright, type Running } from './run.ts';
import { makeUpstream, rewriteUrls } from './upstreams.ts';
import { makeWorkspace } from './workspace.ts';

/** A build that sleeps, to be disturbed while it does. */
export interface SlowBuild {
  readonly root: string;
  readonly recipe: string;
  readonly env: Readonly<Record<string, string>>;
  readonly running: Running;
  /** What the command lines of all that belongs to it have, besides those that work in its workspace. */
  readonly marks: readonly string[];
}

/** Starts such a build, and gives it when it sleeps. */
export async function startSlowBuild(recipe: string, env: Readonly<Record<string, string>> = {}): Promise<SlowBuild> {
  // Longer than any test, and a number that no other process sleeps for.
  const seconds = String(100_000 + Math.floor(Math.random() * 800_000));
  const upstream = await makeUpstream('slow');
  const root = await makeWorkspace(recipe, {
    [`recipes/${recipe}.yaml`]: slowRecipe(recipe, upstream.commit, seconds),
  });
  const all = { ...rewriteUrls([upstream]), ...env };
  const running = startForkwright(['build', recipe], { cwd: root, env: all });
  let hasEnded = false;
  void running.end.finally(() => (hasEnded = true));
  onTestFinished(() => {
    if (!hasEnded) process.kill(-running.pid, 'SIGKILL');
  });
  while (!running.said().includes(`sleep "${seconds}"`)) {
    if (hasEnded) throw new Error(`it ended before it slept:\n${running.said()}`);
    await sleep(50);
  }
  // The step is announced just before its program is started.
  await sleep(1000);
  return { root, recipe, env: rewriteUrls([upstream]), running, marks: [`sleep ${seconds}`, root] };
}

/** The same recipe, whose build does not sleep: as the file of a workspace. */
export async function quickRecipe({ recipe }: SlowBuild): Promise<Readonly<Record<string, string>>> {
  const { commit } = await makeUpstream('slow');
  return { [`recipes/${recipe}.yaml`]: slowRecipe(recipe, commit, '0') };
}

function slowRecipe(name: string, commit: string, seconds: string): string {
  return `
name: ${name}
upstream:
  git: https://git.example.org/slow.git
  commit: ${commit}
build:
  kind: dockerfile
  args:
    SECONDS_TO_SLEEP: "${seconds}"
platforms: [linux/amd64]
`;
}
