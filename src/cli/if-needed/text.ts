import type { DoneTarget } from '../build/recipe-builder.ts';

/** How a platform's image came to be there, and why. */
export interface DoneState {
  /** `linux/arm/v7` */
  readonly platform: string;
  readonly state: DoneTarget['state'];
  /** Null where everything is built. */
  readonly reason: string | null;
}

/**
 * Says what became of the platforms of a recipe and why, those with the same reason in one line, lines ended: `tool
 * linux/amd64, linux/arm64: unchanged, out/ has it`. Nothing of those that were built whether needed or not.
 */
export function describeDone(recipe: string, done: readonly DoneState[]): string {
  const platforms = new Map<string, string[]>();
  for (const { platform, state, reason } of done) {
    if (reason === null) continue;
    const end = `${state}, ${reason}`;
    platforms.set(end, [...(platforms.get(end) ?? []), platform]);
  }
  return [...platforms].map(([end, names]) => `${recipe} ${names.join(', ')}: ${end}\n`).join('');
}
