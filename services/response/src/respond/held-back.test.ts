import { afterEach, describe, expect, it } from 'vitest';
import type { IpAddress } from '@mini-soc/model';
import {
  build,
  createClock,
  ip,
  makeAlert,
  makeFolder,
  removeFolder,
  type Clock,
} from '../../test/response-fixture.ts';
import type { ResponseService } from '../app.ts';

const OWN: readonly IpAddress[] = [1, 2, 3, 4, 5].map((n) => ip(`198.51.100.${n}`));
const opened: { readonly service: ResponseService; readonly folder: string }[] = [];

async function start(
  clock: Clock,
  change: { readonly blocksPerMinute?: number } = {},
): Promise<ResponseService> {
  const folder = await makeFolder();
  const service = await build({ folder, clock, ownAddresses: OWN, settings: change });
  opened.push({ service, folder });
  await service.start();
  return service;
}

afterEach(async () => {
  for (const { service, folder } of opened.splice(0)) {
    await service.stop();
    await removeFolder(folder);
  }
});

const alertOf = (address: string, change: { readonly rule_id?: string } = {}) =>
  makeAlert({
    alert_id: `${change.rule_id ?? 'web'} ${address}`,
    rule_id: 'web',
    rule_name: 'WebRule',
    source_ip: address,
    ...change,
  });

describe('buildResponse(), a rule that takes innocents for attackers', () => {
  it('blocks nobody more for it, says so, and obeys the person who lets it block again', async () => {
    const clock = createClock();
    const service = await start(clock);
    for (const address of OWN)
      expect((await service.respond(alertOf(address))).outcome).toBe('refused');
    const held = await service.respond(alertOf('203.0.113.9'));
    expect(held.outcome).toBe('deferred');
    expect(held.reason).toMatch(/^Not blocked yet: the rule is held back: it asked to block 5/);
    expect((await service.respond(alertOf('203.0.113.9', { rule_id: 'ssh' }))).outcome).toBe(
      'blocked',
    );
    const ready = await service.app.inject({ url: '/ready' });
    expect(ready.json()).toMatchObject({ degraded: ['breaker'] });
    expect(ready.body).toContain('WebRule since');
    expect((await service.app.inject({ url: '/metrics' })).body).toContain(
      'soc_response_rules_held_back 1',
    );
    expect((await service.app.inject({ url: '/breaker' })).json()).toMatchObject([
      { rule_name: 'WebRule', addresses: OWN },
    ]);

    const closed = await service.app.inject({ method: 'DELETE', url: '/breaker' });
    expect(closed.json()).toMatchObject({ closed: [{ rule_name: 'WebRule' }] });
    expect((await service.respond(alertOf('203.0.113.10'))).outcome).toBe('blocked');
    expect((await service.app.inject({ url: '/breaker' })).json()).toEqual([]);
    expect((await service.app.inject({ url: '/audit' })).body).toContain('breaker_closed');
  });

  it('lets it block again after a calm time', async () => {
    const clock = createClock();
    const service = await start(clock);
    for (const address of OWN) await service.respond(alertOf(address));
    expect((await service.respond(alertOf('203.0.113.9'))).outcome).toBe('deferred');
    clock.advance(15 * 60_000);
    expect((await service.respond(alertOf('203.0.113.9'))).outcome).toBe('blocked');
  });
});

describe('buildResponse(), throw-away attackers', () => {
  it.each([
    ['the usual room', {}],
    ['room for 60 a minute', { blocksPerMinute: 60 }],
  ])('75 of them do not delay the 76th by more than a second: %s', async (_name, settings) => {
    const clock = createClock();
    const service = await start(clock, settings);
    const throwaway = Array.from({ length: 75 }, (_none, n) =>
      makeAlert({ alert_id: `t${n}`, source_ip: `203.0.113.${n + 1}`, severity: 'medium' }),
    );
    await service.respondAll(throwaway);
    const last = makeAlert({ alert_id: 'last', source_ip: '198.51.100.76', severity: 'critical' });
    const first = await service.respond(last);
    if (first.outcome === 'deferred') {
      expect(Date.parse(first.retry_at ?? '') - clock.now().getTime()).toBeLessThanOrEqual(1000);
      clock.advance(1000);
    }
    expect((await service.respond(last)).outcome).toBe('blocked');
  });
});
