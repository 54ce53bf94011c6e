/** Every rule file that comes with the product: at least five tests in it, and all of them hold on every store. */
import path from 'node:path';
import { runRuleTest, runRuleTests, TEST_START_MS } from '@mini-soc/detect';
import { createLogger } from '@mini-soc/service-kit';
import { loadRules, type Rule } from '@mini-soc/sigma';
import { openDuckDbStore } from '@mini-soc/store/duckdb';
import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';

const FEWEST_TESTS = 5;
const logger = createLogger({ name: 'rules', level: 'silent' });
const rules = await loadRules({ directory: import.meta.dirname, overrides: [] });

/** Exactly 52 weeks: the same weekday and hour, and further apart than any window, episode or learning time. */
const BETWEEN_TESTS_MS = 52 * 7 * 86_400_000;

const remembers = (rule: Rule): boolean =>
  [rule.firstSeen, rule.baseline, rule.unless].some((past) => past !== undefined);

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

    const tests = rule.tests.map((test, index) => ({
      test,
      startMs: TEST_START_MS + index * BETWEEN_TESTS_MS,
    }));
    for (const { test, startMs } of tests)
      it(`${rule.name}: ${test.name}`, async () => {
        const memory = createMemoryStore();
        const { faults } = await runRuleTest({ rule, test, store: memory, startMs, logger });
        await memory.close();
        expect(faults).toEqual([]);
      });

    // A rule that remembers would have learned from the test before.
    const together = remembers(rule) ? tests.map((one) => [one]) : [tests];
    for (const some of together)
      it(`${rule.name} on DuckDB: ${some.map(({ test }) => test.name).join('; ')}`, async () => {
        const memory = createMemoryStore();
        const expected = await runRuleTests({ rule, tests: some, store: memory, logger });
        await memory.close();
        const database = await openDuckDbStore({ path: ':memory:' });
        const found = await runRuleTests({ rule, tests: some, store: database, logger });
        await database.close();
        expect(found.map(({ faults }) => faults)).toEqual(some.map(() => []));
        expect(found).toEqual(expected);
      });
  });
