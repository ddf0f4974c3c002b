import { ForkwrightError } from '../errors.ts';
import { parseDuration } from '../recipe/duration.ts';

/** How long an engine is waited for where nothing is said. */
const DEFAULT_MS = 5000;

/**
 * Gives how long to wait for an engine, in milliseconds: FORKWRIGHT_ENGINE_WAIT as a duration (`60s`, `2m`, `0`), else five
 * seconds. Throws `build.engine-wait`.
 */
export function readEngineWait(env: Readonly<Record<string, string | undefined>>): number {
  const text = env['FORKWRIGHT_ENGINE_WAIT'] ?? '';
  if (text === '') return DEFAULT_MS;
  if (/^0+s?$/.test(text)) return 0;
  try {
    return parseDuration(text) / 1e6;
  } catch (error) {
    if (!(error instanceof ForkwrightError)) throw error;
    throw new ForkwrightError('build.engine-wait', `FORKWRIGHT_ENGINE_WAIT is ${JSON.stringify(text)}`, {
      hint: 'give a duration: 60s, 2m',
    });
  }
}
