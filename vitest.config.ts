import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['{packages,services,scripts,e2e,rules}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.integration.test.ts'],
    // All temporary folders in one, which is removed at the end.
    globalSetup: ['scripts/temporary-folder.ts'],
    // Files of a worker share its modules, which no test changes: half the time went into importing them anew.
    isolate: false,
    // One for each processor. Vitest keeps one of them for itself, which of two is half the machine.
    maxWorkers: '100%',
    testTimeout: 60_000,
    coverage: { provider: 'v8', include: ['packages/*/src/**', 'services/*/src/**'] },
  },
});
