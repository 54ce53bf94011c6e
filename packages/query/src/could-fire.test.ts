import type { SocEvent } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { couldFire, needsOf } from './could-fire.ts';
import type { Filter, Measure, Query } from './query.ts';

const IS_FAILURE: Filter = { kind: 'equals', field: 'status', value: 'failure', cased: false };
const IS_SUCCESS: Filter = { kind: 'equals', field: 'status', value: 'success', cased: false };

const asks = (measure: Measure): Query => ({
  filter: { kind: 'all', of: [] },
  groupBy: [],
  windowMs: 1000,
  measure,
});

const event = (change: Partial<SocEvent>): SocEvent => ({
  '@timestamp': '2026-11-21T03:40:00.000Z',
  event_id: 'a',
  message: 'x',
  log_type: 'auth',
  action: 'ssh_login',
  status: 'failure',
  ...change,
});

describe('needsOf()', () => {
  it('needsOf() is the number, the values, or each step of a sequence', () => {
    expect(needsOf({ kind: 'count', atLeast: 3 })).toEqual([{ kind: 'events', atLeast: 3 }]);
    expect(needsOf({ kind: 'distinct', field: 'username', atLeast: 2 })).toEqual([
      { kind: 'values', field: 'username', atLeast: 2 },
    ]);
    expect(
      needsOf({ kind: 'sequence', steps: [{ name: 'f', filter: IS_FAILURE, atLeast: 2 }] }),
    ).toEqual([{ kind: 'events', filter: IS_FAILURE, atLeast: 2 }]);
  });

  it('needsOf() asks for nothing where one event is enough', () => {
    expect(needsOf({ kind: 'count', atLeast: 1 })).toEqual([]);
  });
});

describe('couldFire()', () => {
  it('couldFire() is false without events', () => {
    expect(couldFire(asks({ kind: 'count', atLeast: 1 }), [])).toBe(false);
  });

  it('couldFire() counts an event as often as its line was repeated, in each step too', () => {
    const sequence = asks({
      kind: 'sequence',
      steps: [
        { name: 'f', filter: IS_FAILURE, atLeast: 3 },
        { name: 's', filter: IS_SUCCESS, atLeast: 1 },
      ],
    });
    const success = event({ status: 'success' });
    expect(couldFire(asks({ kind: 'count', atLeast: 3 }), [event({ repeat_count: 3 })])).toBe(true);
    expect(couldFire(sequence, [event({ repeat_count: 3 }), success])).toBe(true);
    expect(couldFire(sequence, [event({ repeat_count: 2 }), success])).toBe(false);
    expect(couldFire(sequence, [event({ repeat_count: 3 })])).toBe(false);
  });

  it('couldFire() counts different values whatever their case, of a list each one', () => {
    const users = asks({ kind: 'distinct', field: 'username', atLeast: 2 });
    expect(couldFire(users, [event({ username: 'a' }), event({ username: 'A' })])).toBe(false);
    expect(couldFire(users, [event({ username: 'a' }), event({ username: 'b' })])).toBe(true);
    const paths = asks({ kind: 'distinct', field: 'extra.paths', atLeast: 2 });
    expect(couldFire(paths, [event({ extra: { paths: ['/a', '/b'] } })])).toBe(true);
  });
});
