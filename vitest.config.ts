import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/longest-first.ts';

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
    // Vitest keeps one processor for itself, which of two is half the machine; and some tests wait more
    // than they compute.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    // A bound for a machine that is busy with other things too.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    coverage: { provider: 'v8', include: ['packages/*/src/**', 'services/*/src/**'] },
  },
});
