/** Tests that need a real part besides Node, such as a browser; a missing part is a failure. */
import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['{packages,services,e2e}/**/*.integration.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 120_000,
    // Each starts a server, a browser or many processes besides.
    maxWorkers: 1,
    // What takes minutes anyway tries every property as often as its file says.
    env: { PROPERTY_RUNS_PERCENT: '100' },
  },
});
