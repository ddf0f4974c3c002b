import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.{test,fuzz}.ts'],
    exclude: ['test/e2e/**'],
    // Locale, time zone and colour must not reach any output; a test that needs another value sets it itself.
    env: { TZ: 'UTC', NO_COLOR: '1' },
    // Real programs take their time on a busy machine.
    testTimeout: 60_000,
    // A machine that is busy can spoil one try of what real programs, sockets and clocks have a part in; the report says so.
    retry: 1,
    setupFiles: ['test/support/fixed-seed.ts'],
  },
});
