/** Every rule file that comes with the product: at least five tests in it, and all of them hold on every store. */
import path from 'node:path';
import { runRuleTest, TEST_START_MS } from '@mini-soc/detect';
import { createLogger } from '@mini-soc/service-kit';
import { loadRules, type Rule } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { createMemoryStore } from '@mini-soc/store/memory';
import { afterAll, describe, expect, it } from 'vitest';

const FEWEST_TESTS = 5;
const logger = createLogger({ name: 'rules', level: 'silent' });
const rules = await loadRules({ directory: import.meta.dirname, overrides: [] });

/** Exactly 52 weeks: the same weekday and hour, and further apart than any window, episode or learning time. */
const BETWEEN_TESTS_MS = 52 * 7 * 86_400_000;

const remembers = (rule: Rule): boolean =>
  [rule.firstSeen, rule.baseline, rule.unless].some((past) => past !== undefined);

for (const rule of rules)
  describe(`rule file ${path.basename(rule.file)}`, () => {
    /** One for the tests of a rule that looks at a window only: opening one takes longer than a test. */
    let database: Store | undefined;
    afterAll(() => database?.close());
    const nextDatabase = async (): Promise<Store> => {
      if (database !== undefined && !remembers(rule)) return database;
      await database?.close();
      database = await openDuckDbStore({ path: ':memory:' });
      return database;
    };
    it(`${rule.name} has at least ${FEWEST_TESTS} tests and says what it does`, () => {
      expect(rule.tests.length).toBeGreaterThanOrEqual(FEWEST_TESTS);
      expect(rule.description).not.toBe('');
      expect(rule.summary).toBeDefined();
      expect(rule.tags.some((tag) => tag.startsWith('attack.t'))).toBe(true);
      expect(rule.warnings).toEqual([]);
      expect(rule.cannotFire).toBeUndefined();
    });

    for (const [index, test] of rule.tests.entries())
      it(`${rule.name}: ${test.name}`, async () => {
        const startMs = TEST_START_MS + index * BETWEEN_TESTS_MS;
        const memory = createMemoryStore();
        const expected = await runRuleTest({ rule, test, store: memory, startMs, logger });
        await memory.close();
        expect(expected.faults).toEqual([]);
        const store = await nextDatabase();
        const found = await runRuleTest({ rule, test, store, startMs, logger });
        expect(found.alerts).toEqual(expected.alerts);
      });
  });
