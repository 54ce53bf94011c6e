import { LIMITS } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { ip } from '../../test/response-fixture.ts';
import { createBreaker, type OpenBreaker } from './breaker.ts';

const RULE = { id: 'web', name: 'WebRule' };
const ADDRESSES = LIMITS.collateral_addresses.value;

function withClock() {
  let ms = 0;
  const opened: OpenBreaker[] = [];
  const breaker = createBreaker({
    now: () => new Date(ms),
    monotonicMs: () => ms,
    onOpen: (one) => opened.push(one),
  });
  return {
    breaker,
    opened,
    advance: (by: number) => {
      ms += by;
    },
    ask: (count: number, code = 'named', from = 0, rule = RULE) => {
      for (let n = from; n < from + count; n += 1) breaker.note(rule, ip(`198.51.100.${n}`), code);
    },
  };
}

describe('createBreaker()', () => {
  it('holds a rule back that asked to block several of those we live with, and says so once', () => {
    const { breaker, opened, ask } = withClock();
    ask(ADDRESSES - 1);
    expect(breaker.reasonOf('web')).toBeUndefined();
    ask(1, 'session', 50);
    expect(breaker.reasonOf('web')).toMatch(
      /^the rule is held back: it asked to block 5 addresses/,
    );
    ask(3, 'own', 60);
    expect(opened).toMatchObject([{ rule_name: 'WebRule', since: '1970-01-01T00:00:00.000Z' }]);
    expect(opened[0]?.addresses).toHaveLength(ADDRESSES);
  });

  it('does not hold back any other rule', () => {
    const { breaker, ask } = withClock();
    ask(ADDRESSES);
    expect(breaker.reasonOf('ssh')).toBeUndefined();
  });

  it.each(['allow_listed', 'private', 'on_link', 'breaker', 'full', 'too_old', 'collateral'])(
    'does not count %s, which strangers or scanners of our own can bring about',
    (code) => {
      const { breaker, ask } = withClock();
      ask(50, code);
      expect(breaker.open()).toEqual([]);
    },
  );

  it('counts an address once however often its alert is asked for', () => {
    const { breaker, ask } = withClock();
    for (let n = 0; n < 50; n += 1) ask(1);
    expect(breaker.open()).toEqual([]);
  });

  it('forgets what is older than its window', () => {
    const { breaker, advance, ask } = withClock();
    ask(ADDRESSES - 1);
    advance(LIMITS.collateral_window_ms.value);
    ask(1, 'named', 50);
    expect(breaker.open()).toEqual([]);
  });

  it('ends after a calm time, which begins anew with each further address', () => {
    const { breaker, advance, ask } = withClock();
    ask(ADDRESSES);
    advance(LIMITS.collateral_calm_ms.value - 1);
    // Asked for again: nothing new.
    ask(ADDRESSES);
    expect(breaker.open()).toHaveLength(1);
    advance(1);
    expect(breaker.reasonOf('web')).toBeUndefined();
    ask(ADDRESSES);
    advance(LIMITS.collateral_calm_ms.value - 1);
    ask(1, 'named', 90);
    advance(LIMITS.collateral_calm_ms.value - 1);
    expect(breaker.open()).toHaveLength(1);
  });

  it('is closed by a person at once, and opens again when it goes on', () => {
    const { breaker, opened, ask } = withClock();
    ask(ADDRESSES);
    expect(breaker.close()).toMatchObject([{ rule_name: 'WebRule' }]);
    expect(breaker.reasonOf('web')).toBeUndefined();
    expect(breaker.close()).toEqual([]);
    ask(ADDRESSES);
    expect(opened).toHaveLength(2);
  });

  it('remembers a bounded number of rules', () => {
    const { breaker, ask } = withClock();
    ask(ADDRESSES);
    for (let n = 0; n < LIMITS.collateral_rules.value; n += 1)
      ask(1, 'named', 0, { id: `rule-${n}`, name: 'Other' });
    expect(breaker.open()).toEqual([]);
  });
});
