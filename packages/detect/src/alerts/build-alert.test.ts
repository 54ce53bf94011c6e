import { alertSchema } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { makeAlert } from '../../test/make-alert.ts';
import { COUNT_5, makeEvent, makeRule, START_MS } from '../../test/make-rule.ts';
import { twoLanes } from '../../test/two-lanes.ts';
import {
  alertIdOf,
  buildAlert,
  closeMerged,
  updateAlert,
  type AlertContext,
} from './build-alert.ts';
import { evaluateRule } from '../evaluate/evaluate-rule.ts';

const entity = { source_ip: '198.51.100.7' };

function contextOf(seconds: readonly number[], changes: Partial<AlertContext> = {}): AlertContext {
  const rule = changes.rule ?? makeRule(COUNT_5);
  const [episode] = evaluateRule(
    rule,
    seconds.map((second) => makeEvent(second * 1000, { username: `user${second}` })),
  );
  if (episode === undefined) throw new TypeError('No episode');
  return {
    rule,
    entity,
    episode,
    now: new Date(START_MS + 600_000),
    latenessMs: 120_000,
    session: undefined,
    lanesFor: twoLanes,
    ...changes,
  };
}

describe('buildAlert()', () => {
  it('buildAlert() writes a document that the schema of alerts accepts as it is', () => {
    const alert = buildAlert(contextOf([0, 1, 2, 3, 4]));
    expect(alertSchema.parse(alert)).toEqual(alert);
    expect(alert).toMatchObject({
      rule_id: 'test-rule',
      source_ip: '198.51.100.7',
      hostname: 'web01',
      severity: 'medium',
      event_count: 5,
      status: 'open',
      response: { state: 'pending' },
      details: {
        summary: '198.51.100.7: TestRule, 5 events in 4 s',
        threshold: 5,
        window_seconds: 60,
        peak_count: 5,
        allowed_action: 'block',
        history: [{ severity: 'medium', event_count: 5 }],
      },
    });
    expect(alert.username).toBeUndefined();
  });

  it('buildAlert() fills the sentence of the rule', () => {
    const rule = makeRule(COUNT_5, {
      summary: '{source_ip} failed to log in {count} times in {span} as {usernames}',
    });
    expect(buildAlert(contextOf([0, 1, 2, 3, 4], { rule })).details.summary).toBe(
      '198.51.100.7 failed to log in 5 times in 4 s as user0, user1, user2 (and 2 more)',
    );
  });

  it('buildAlert() does not read placeholders out of what an attacker wrote', () => {
    const rule = makeRule(COUNT_5, { summary: 'as {usernames}' });
    const [episode] = evaluateRule(
      rule,
      [0, 1, 2, 3, 4].map((second) => makeEvent(second, { username: '{count}$&' })),
    );
    if (episode === undefined) throw new TypeError('No episode');
    expect(buildAlert({ ...contextOf([0, 1, 2, 3, 4]), rule, episode }).details.summary).toBe(
      'as {count}$&',
    );
  });

  it('buildAlert() marks what was found later than the lateness', () => {
    const events = [0, 1, 2, 3, 4];
    const late = (afterMs: number) =>
      buildAlert(contextOf(events, { now: new Date(START_MS + 4000 + afterMs) })).late;
    expect(late(120_000)).toBe(false);
    expect(late(120_001)).toBe(true);
  });

  it('buildAlert() takes the address of the session where the events name none', () => {
    const rule = makeRule({ kind: 'count', atLeast: 1 });
    const { source_ip: _none, ...event } = makeEvent(0, { username: 'alice' });
    const [episode] = evaluateRule(rule, [event]);
    if (episode === undefined) throw new TypeError('No episode');
    const alert = buildAlert({
      ...contextOf([0, 1, 2, 3, 4]),
      rule,
      episode,
      entity: { hostname: 'web01', username: 'alice' },
      session: { sourceIp: '203.0.113.9', origin: 'ssh session of alice since x' },
    });
    expect(alert).toMatchObject({
      source_ip: '203.0.113.9',
      username: 'alice',
      details: { source_ip_origin: 'ssh session of alice since x' },
    });
  });
});

describe('updateAlert()', () => {
  const alert = buildAlert(contextOf([0, 1, 2, 3, 4]));

  it('updateAlert() says nothing when nothing changed', () => {
    expect(updateAlert(alert, contextOf([0, 1, 2, 3, 4]))).toBeUndefined();
  });

  it('updateAlert() adds events, keeps id, status and enrichment', () => {
    const acknowledged = {
      ...alert,
      status: 'acknowledged' as const,
      enriched: true,
      details: { ...alert.details, mitre_techniques: ['T1110.001'] },
    };
    expect(updateAlert(acknowledged, contextOf([0, 1, 2, 3, 4, 5]))).toMatchObject({
      alert_id: alert.alert_id,
      '@timestamp': alert['@timestamp'],
      status: 'acknowledged',
      event_count: 6,
      details: { mitre_techniques: ['T1110.001'] },
    });
  });

  it('updateAlert() asks response again when severity climbs above what was sent, and only then', () => {
    const done = {
      ...alert,
      response: { state: 'done' as const, dispatched_severity: 'medium' as const },
    };
    expect(updateAlert(done, contextOf([0, 1, 2, 3, 4, 5]))?.response.state).toBe('done');
    const climbed = updateAlert(done, contextOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect(climbed).toMatchObject({ severity: 'high', response: { state: 'pending' } });
  });

  it('updateAlert() waits for the lanes that want the change, and for those that have not acknowledged', () => {
    const asked: string[] = [];
    const lanesFor: AlertContext['lanesFor'] = (changed, before) => {
      asked.push(`${before?.severity ?? ''}>${changed.severity}`);
      return changed.severity === 'high' ? ['mail', 'chat'] : [];
    };
    const waiting = { ...alert, enriched: true, waits_for: ['response', 'chat'] };
    expect(updateAlert(waiting, contextOf([0, 1, 2, 3, 4, 5], { lanesFor }))?.waits_for).toEqual([
      'response',
      'chat',
    ]);
    const ten = contextOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { lanesFor });
    expect(updateAlert(waiting, ten)?.waits_for).toEqual(['response', 'chat', 'mail']);
    expect(asked).toEqual(['medium>medium', 'medium>high']);
  });

  it('updateAlert() never lowers anything when the store has forgotten events', () => {
    const big = buildAlert(contextOf(Array.from({ length: 12 }, (_, index) => index)));
    const updated = updateAlert(big, contextOf([8, 9, 10, 11, 12]));
    expect(updated).toMatchObject({
      severity: 'high',
      event_count: 12,
      first_seen: big.first_seen,
      last_seen: new Date(START_MS + 12_000).toISOString(),
      details: big.details,
    });
  });

  it('updateAlert() drops the only user when there is a second', () => {
    const one = makeAlert();
    expect(one.username).toBe('root');
    const updated = updateAlert(one, contextOf([0, 1, 2, 3, 4, 5]));
    expect(updated?.username).toBeUndefined();
    expect(updated?.hostname).toBe('web01');
  });
});

describe('closeMerged()', () => {
  it('closeMerged() closes the alert and takes it out of the outbox', () => {
    expect(closeMerged(makeAlert(), 'other', new Date(START_MS))).toMatchObject({
      status: 'closed',
      response: { state: 'refused', reason: 'Part of alert other' },
      details: { merged_into: 'other' },
      waits_for: [],
    });
  });
});

describe('alertIdOf()', () => {
  it('alertIdOf() differs by rule, entity and start', () => {
    const ids = [
      alertIdOf('a', entity, 1),
      alertIdOf('b', entity, 1),
      alertIdOf('a', { source_ip: '198.51.100.8' }, 1),
      alertIdOf('a', entity, 2),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(alertIdOf('a', { ...entity }, 1)).toBe(ids[0]);
  });
});
