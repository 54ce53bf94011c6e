import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Registry } from '@mini-soc/service-kit';
import { createMemoryStore } from '@mini-soc/store/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../test/silent-logger.ts';
import { createStackSelfTest } from './stack-self-test.ts';

const WEEK_SECONDS = 604_800;
const productAlerts = { raise: async () => undefined, close: async () => undefined };
let folder = '';
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'self-test-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function make(settings: { SELF_TEST_DIR: string; SELF_TEST_INTERVAL: number }, host = 'a') {
  const registry = new Registry();
  const selfTest = createStackSelfTest({
    settings: { ...settings, DETECTION_INTERVAL: 15_000 },
    host,
    rules: [],
    store: createMemoryStore(),
    monitoring: { productAlerts, registry },
    now: () => new Date(),
    logger: silentLogger,
    firstAfterMs: 1,
  });
  return { selfTest, registry };
}

/** The whole lines of a file; none while it is not there. */
function written(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

describe('createStackSelfTest()', () => {
  it.each([
    [{ SELF_TEST_DIR: '', SELF_TEST_INTERVAL: 600_000 }, /^turned off \(SELF_TEST_DIR names no/],
    [{ SELF_TEST_DIR: '/nowhere', SELF_TEST_INTERVAL: 0 }, /^turned off \(SELF_TEST_INTERVAL=0\)$/],
  ])('createStackSelfTest() is off by a clear rule: %o', async (settings, state) => {
    const { selfTest, registry } = make(settings);
    await selfTest.start();
    selfTest.stop();
    expect(selfTest.ready()).toEqual({
      state: expect.stringMatching(state),
      isWell: true,
    });
    expect(await registry.metrics()).not.toContain('soc_selftest');
  });

  it('createStackSelfTest() writes to a file of its process, and removes those forgotten', async () => {
    const old = ['mini-soc-self-test-gone.log', 'mini-soc-self-test-gone.log.1', 'auth.log'];
    for (const name of [...old, 'mini-soc-self-test-other.log']) {
      const file = path.join(folder, name);
      writeFileSync(file, '');
      const seconds = Date.now() / 1000 - (old.includes(name) ? WEEK_SECONDS : 0);
      utimesSync(file, seconds, seconds);
    }
    const { selfTest, registry } = make(
      { SELF_TEST_DIR: folder, SELF_TEST_INTERVAL: 600_000 },
      'a/../b_1',
    );
    expect(selfTest.ready()).toEqual({ state: 'not run yet', isWell: true });
    expect(await registry.metrics()).toContain('soc_selftest_ok -1');
    await selfTest.start();
    const own = 'mini-soc-self-test-a-..-b-1.log';
    // The file is there before its lines are.
    await expect.poll(() => written(path.join(folder, own)).length, { timeout: 10_000 }).toBe(5);
    selfTest.stop();
    expect(readdirSync(folder).toSorted()).toEqual([
      'auth.log',
      own,
      'mini-soc-self-test-other.log',
    ]);
    const addresses = written(path.join(folder, own)).map(
      (line) => / from (192\.0\.2\.\d+) port /.exec(line)?.[1],
    );
    expect(addresses).toHaveLength(5);
    expect(new Set(addresses).size).toBe(1);
  });
});
