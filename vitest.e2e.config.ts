import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: 'test/e2e/support/global-setup.ts',
    env: { TZ: 'UTC', NO_COLOR: '1' },
    // It says why a test was skipped.
    reporters: ['verbose'],
    // They share one engine, and what is built with it.
    fileParallelism: false,
    // An engine may have to pull its images first.
    testTimeout: 600_000,
    // As in vitest.config.ts.
    retry: 1,
  },
});
