import { parsePlatform } from '../platform/parse.ts';
import type { Platform } from '../platform/platform.ts';

/**
 * The platforms of machines that build. What compiles runs on any of them, so all are locked and count; an engine on another
 * machine takes its own out of the same index.
 */
export const BUILDERS: readonly Platform[] = ['linux/amd64', 'linux/arm64'].map(parsePlatform);
