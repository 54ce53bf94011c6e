import { describe, expect, it } from 'vitest';
import { ignoreLimits, type Decision } from '@mini-soc/model';
import { createClock, HOUR_MS, ip, START } from '../../test/response-fixture.ts';
import { createBlockTable } from './block-table.ts';

const A = ip('203.0.113.7');
const decision = (id: string, hours: number): Decision => ({
  decision_id: id,
  alert_id: `alert-${id}`,
  action: 'block',
  outcome: 'blocked',
  source_ip: A,
  rule_name: 'BruteForceRule',
  severity: 'high',
  reason: 'Blocked',
  since: new Date(START).toISOString(),
  until: new Date(START + hours * HOUR_MS).toISOString(),
  simulated: true,
});

function table() {
  const clock = createClock();
  return { clock, blocks: createBlockTable(clock.monotonicMs, ignoreLimits) };
}

describe('createBlockTable()', () => {
  it('createBlockTable() keeps the longer of two decisions, also when the other is withdrawn (K18)', () => {
    const { blocks, clock } = table();
    blocks.put(A, decision('four', 4), 4 * HOUR_MS);
    blocks.put(A, decision('two', 2), 2 * HOUR_MS);
    expect(blocks.find(A)).toMatchObject({ decision: { decision_id: 'four' } });
    blocks.withdraw(A, 'two');
    clock.advance(3 * HOUR_MS);
    expect(blocks.find(A)?.msLeft).toBe(HOUR_MS);
  });

  it('createBlockTable() falls back to the shorter decision when the longer is withdrawn (K18)', () => {
    const { blocks, clock } = table();
    blocks.put(A, decision('two', 2), 2 * HOUR_MS);
    blocks.put(A, decision('four', 4), 4 * HOUR_MS);
    blocks.withdraw(A, 'four');
    expect(blocks.find(A)?.msLeft).toBe(2 * HOUR_MS);
    clock.advance(2 * HOUR_MS);
    expect(blocks.find(A)).toBeUndefined();
    expect(blocks.due().map((block) => block.address)).toEqual([A]);
    blocks.withdraw(A, 'two');
    expect(blocks.due()).toEqual([]);
  });

  it.each([10 * 365 * 24 * HOUR_MS, -24 * HOUR_MS])(
    'createBlockTable() lasts as long when the clock is set by %d ms (K19)',
    (jumpMs) => {
      const { blocks, clock } = table();
      blocks.put(A, decision('one', 1), HOUR_MS);
      clock.set(START + jumpMs);
      expect(blocks.count()).toBe(1);
      clock.advance(HOUR_MS - 1);
      expect(blocks.find(A)?.msLeft).toBe(1);
      clock.advance(1);
      expect(blocks.count()).toBe(0);
    },
  );

  it('createBlockTable() holds a bounded number of decisions for an address, the longest', () => {
    const { blocks } = table();
    for (let n = 1; n <= 100; n += 1) blocks.put(A, decision(`d${n}`, n), n * HOUR_MS);
    expect(blocks.find(A)?.decisions.map((one) => one.decision_id)).toEqual(
      Array.from({ length: 16 }, (_none, index) => `d${100 - index}`),
    );
  });
});
