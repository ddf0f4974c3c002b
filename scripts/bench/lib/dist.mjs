import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built program: FORKWRIGHT_DIST, or that of this checkout. */
export const DIST = process.env.FORKWRIGHT_DIST ?? fileURLToPath(new URL('../../../dist', import.meta.url));

/** How it is called. */
export const FORKWRIGHT = [process.execPath, join(DIST, 'main.js'), '--quiet'];
