/** Every rule file that comes with the product: at least five tests in it, and all of them hold on every store. */
import path from 'node:path';
import { runRuleTest } from '@mini-soc/detect';
import { createLogger } from '@mini-soc/service-kit';
import { loadRules } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';

const FEWEST_TESTS = 5;
const logger = createLogger({ name: 'rules', level: 'silent' });
const rules = await loadRules({ directory: import.meta.dirname, overrides: [] });

async function withStore<Result>(
  store: Store,
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

for (const rule of rules)
  describe(`rule file ${path.basename(rule.file)}`, () => {
    it(`${rule.name} has at least ${FEWEST_TESTS} tests and says what it does`, () => {
      expect(rule.tests.length).toBeGreaterThanOrEqual(FEWEST_TESTS);
      expect(rule.description).not.toBe('');
      expect(rule.summary).toBeDefined();
      expect(rule.tags.some((tag) => tag.startsWith('attack.t'))).toBe(true);
      expect(rule.warnings).toEqual([]);
      expect(rule.cannotFire).toBeUndefined();
    });

    for (const test of rule.tests)
      it(`${rule.name}: ${test.name}`, async () => {
        const memory = await withStore(createMemoryStore(), (store) =>
          runRuleTest({ rule, test, store, logger }),
        );
        expect(memory.faults).toEqual([]);
        const duckdb = await withStore(await openDuckDbStore({ path: ':memory:' }), (store) =>
          runRuleTest({ rule, test, store, logger }),
        );
        expect(duckdb.alerts).toEqual(memory.alerts);
      });
  });
