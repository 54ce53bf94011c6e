import type { Alert } from '@mini-soc/model';
import { createMemoryStore } from '@mini-soc/store/memory';
import { describe, expect, it } from 'vitest';
import { START_MS } from '../../../../packages/detect/test/make-rule.ts';
import { silentLogger } from '../../test/silent-logger.ts';
import { createProductAlerts } from './product-alert.ts';
import { createLimitReporter, describeLimit } from './report-limit.ts';

const HOUR_MS = 3_600_000;

function setUp(store = createMemoryStore()) {
  const clock = { ms: Math.ceil(START_MS / HOUR_MS) * HOUR_MS };
  const told: Alert[] = [];
  const now = () => new Date(clock.ms);
  const alerts = createProductAlerts({
    store,
    now,
    logger: silentLogger,
    lanesFor: () => [],
    onAlert: (alert) => told.push(alert),
    onStored: () => undefined,
    patienceMs: 20,
  });
  const limits = createLimitReporter({ alerts, now });
  const stored = async () => (await store.searchAlerts({ size: 100 })).map(({ alert }) => alert);
  return { clock, told, alerts, limits, stored };
}

describe('createLimitReporter()', () => {
  it('createLimitReporter() raises one alert for a burst, and asks nothing of response', async () => {
    const { limits, stored, told } = setUp();
    for (let hit = 0; hit < 1000; hit += 1) limits.report('line_bytes');
    await limits.flush();
    expect(await stored()).toMatchObject([
      {
        rule_id: 'pipeline-limit',
        rule_name: 'PipelineLimitRule',
        entity: { limit: 'line_bytes' },
        severity: 'low',
        event_count: 1000,
        enriched: true,
        response: { state: 'done', action: 'ignore' },
        details: { allowed_action: 'ignore', summary: describeLimit('line_bytes', 1000) },
      },
    ]);
    expect(told).toHaveLength(1);
    expect(told[0]?.source_ip).toBeUndefined();
  });

  it('createLimitReporter() brings the alert up to date at most once a minute', async () => {
    const { limits, stored, told, clock } = setUp();
    limits.report('line_bytes');
    await limits.flush();
    for (let second = 0; second < 59; second += 1) {
      clock.ms += 1000;
      limits.report('line_bytes');
      await limits.flush();
    }
    expect(told).toHaveLength(1);
    clock.ms += 1000;
    await limits.flush();
    expect(told).toHaveLength(2);
    expect((await stored()).map((alert) => alert.event_count)).toEqual([60]);
  });

  it('createLimitReporter() makes a new alert in a new hour, and one for each limit', async () => {
    const { limits, stored, clock } = setUp();
    limits.report('line_bytes');
    limits.report('dead_letters', 3);
    await limits.flush();
    clock.ms += HOUR_MS;
    limits.report('line_bytes');
    await limits.flush();
    expect((await stored()).map((alert) => alert.entity['limit'] ?? '').toSorted()).toEqual([
      'dead_letters',
      'line_bytes',
      'line_bytes',
    ]);
  });

  it('createLimitReporter() tells what was cut in the last minute of an hour when that is over', async () => {
    const { limits, stored, clock } = setUp();
    limits.report('line_bytes');
    await limits.flush();
    clock.ms += HOUR_MS - 1000;
    limits.report('line_bytes', 2);
    await limits.flush();
    limits.report('line_bytes', 4);
    clock.ms += 2000;
    await limits.flush();
    limits.report('line_bytes', 8);
    await limits.flush();
    const alerts = await stored();
    expect(alerts.map((alert) => alert.event_count)).toEqual([8, 7]);
    expect(new Set(alerts.map((alert) => alert.alert_id)).size).toBe(2);
  });

  it('createLimitReporter() tells of an hour that is over after the next one has begun to cut', async () => {
    const { limits, stored, clock } = setUp();
    limits.report('line_bytes');
    await limits.flush();
    limits.report('line_bytes', 4);
    clock.ms += HOUR_MS;
    limits.report('line_bytes', 8);
    await limits.flush();
    expect((await stored()).map((alert) => alert.event_count)).toEqual([8, 5]);
  });

  it('createLimitReporter() is silent about samples, and counts a limit under the name of its table', async () => {
    const { limits, stored } = setUp();
    limits.report('evidence_events', 5);
    limits.report('batch_lines');
    limits.report('extra_depth');
    await limits.flush();
    expect((await stored()).map((alert) => alert.entity['limit'])).toEqual(['extra_fields']);
  });

  it('createLimitReporter() tells when the store does not answer', async () => {
    const store = createMemoryStore();
    const { limits, told } = setUp({
      ...store,
      createAlerts: () => new Promise(() => undefined),
    });
    limits.report('dead_letters');
    await limits.flush();
    expect(told).toHaveLength(1);
  });

  it('createLimitReporter() forgets in its sentence what is over an hour ago', async () => {
    const { limits, clock } = setUp();
    expect(limits.describe()).toBe('nothing was cut in the last hour');
    limits.report('line_bytes', 2);
    expect(limits.describe()).toMatch(/^line_bytes cut 2 times \(a line was cut there/);
    expect(limits.isCutting()).toBe(true);
    clock.ms += HOUR_MS;
    expect(limits.isCutting()).toBe(false);
  });
});

describe('createProductAlerts()', () => {
  it('createProductAlerts() closes what is well again, and opens it when it comes back', async () => {
    const { alerts, stored } = setUp();
    const finding = {
      ruleId: 'self-test',
      ruleName: 'SelfTestRule',
      entity: { stage: 'store' },
      severity: 'high',
      summary: 'Self-test: the store did not answer',
      times: 1,
    } as const;
    await alerts.raise(finding);
    await alerts.close('self-test');
    expect((await stored()).map((alert) => alert.status)).toEqual(['closed']);
    await alerts.raise({ ...finding, times: 2 });
    expect(await stored()).toMatchObject([{ status: 'open', event_count: 2 }]);
  });

  it('createProductAlerts() closes what an earlier process left open, and only of that rule', async () => {
    const store = createMemoryStore();
    const earlier = setUp(store);
    const finding = { severity: 'high', summary: 'left', times: 1 } as const;
    for (const rule of ['self-test', 'other'])
      await earlier.alerts.raise({
        ...finding,
        ruleId: rule,
        ruleName: rule,
        entity: { stage: 'store' },
      });
    const { alerts, stored } = setUp(store);
    await alerts.close('self-test');
    const states = (await stored()).map((alert) => `${alert.rule_id} ${alert.status}`);
    expect(states.toSorted()).toEqual(['other open', 'self-test closed']);
  });
});
