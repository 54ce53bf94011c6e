import { describe, expect, it } from 'vitest';
import type { Block, Decision } from '@mini-soc/model';
import { HOUR_MS, makeAlert, START } from '../../test/response-fixture.ts';
import { decidedIdOf, decisionIdOf, toBlock, toEnd } from './audit-documents.ts';
import { readTrailBlocks } from './trail-blocks.ts';

const decision = (alertId: string, change: Partial<Decision> = {}): Decision => ({
  decision_id: decisionIdOf(alertId, 'high'),
  alert_id: alertId,
  action: 'block',
  outcome: 'blocked',
  source_ip: '203.0.113.7',
  rule_name: 'BruteForceRule',
  severity: 'high',
  reason: 'Blocked for 1h',
  since: new Date(START).toISOString(),
  until: new Date(START + HOUR_MS).toISOString(),
  simulated: true,
  ...change,
});
const decided = (one: Decision): Block =>
  toBlock(makeAlert(), one, '[SIMULATED] nft add', false) as Block;
const end = (one: Decision, kind: 'unblocked' | 'expired', all = [one], atMs = 60_000): Block =>
  toEnd(one, kind, '[SIMULATED] nft delete', 'A person asked for it', new Date(START + atMs), all);
/** As trails of before have it. */
const oldEnd = (one: Decision, atMs = 60_000): Block => ({
  ...end(one, 'unblocked', [one], atMs),
  block_id: 'of another decision',
  details: { reason: 'A person asked for it' },
});
const standing = (documents: readonly Block[]) =>
  readTrailBlocks(documents).standing.map((block) => block.decision);

describe('readTrailBlocks()', () => {
  const a = decision('a');
  const b = decision('b');

  it('readTrailBlocks() makes the decision that the document was made of', () => {
    expect(standing([decided(a), decided(b)])).toEqual([a, b]);
    const enforced = toBlock(makeAlert(), a, '[ENFORCED] nft add', true) as Block;
    expect(standing([enforced])).toEqual([{ ...a, simulated: false }]);
  });

  it('readTrailBlocks() leaves out what has ended', () => {
    expect(standing([end(a, 'unblocked'), decided(a), decided(b)])).toEqual([b]);
    expect(standing([end(a, 'expired'), decided(a)])).toEqual([]);
    expect(standing([decided(a), decided(b), end(a, 'unblocked', [a, b])])).toEqual([]);
  });

  it('readTrailBlocks() understands the ends of trails of before', () => {
    expect(standing([decided(a), decided(b), oldEnd(a)])).toEqual([]);
    expect(standing([decided(a), oldEnd(a, -60_000)])).toEqual([a]);
    const withdrawn = {
      ...oldEnd(b),
      action_taken: 'One decision was withdrawn, another one still blocks the address',
    };
    expect(standing([decided(a), withdrawn])).toEqual([a]);
  });

  it('readTrailBlocks() takes nothing that is not ours, or has no address', () => {
    const { alert_id: _, ...nobodys } = decided(a);
    expect(standing([nobodys])).toEqual([]);
    expect(standing([{ ...decided(a), block_id: decidedIdOf('x') }])).toEqual([]);
    expect(standing([{ ...decided(a), source_ip: '-j ACCEPT' }])).toEqual([]);
    expect(standing([{ ...decided(a), kind: 'refused' }])).toEqual([]);
  });

  it('readTrailBlocks() says what a person lifted, not what ended by itself or began anew', () => {
    const again = decision('a', {
      since: new Date(START + 2 * HOUR_MS).toISOString(),
      until: new Date(START + 3 * HOUR_MS).toISOString(),
    });
    expect(readTrailBlocks([end(a, 'unblocked')]).isLifted(a)).toBe(true);
    expect(readTrailBlocks([end(b, 'unblocked', [b, a])]).isLifted(a)).toBe(true);
    expect(readTrailBlocks([end(a, 'expired')]).isLifted(a)).toBe(false);
    expect(readTrailBlocks([end(a, 'unblocked')]).isLifted(again)).toBe(false);
  });
});
