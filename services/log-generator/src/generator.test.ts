import { eventSchema } from '@mini-soc/model';
import { parseLine } from '@mini-soc/parsers';
import { describe, expect, it } from 'vitest';
import { createGenerator, parseMix } from './generator.ts';
import { toJsonLine, type GeneratedEvent } from './generated-event.ts';

const START = new Date('2026-11-21T08:00:00.000Z');

async function generate(
  count: number,
  seed = 1,
  change: Partial<Parameters<typeof createGenerator>[0]> = {},
): Promise<readonly GeneratedEvent[]> {
  const generator = await createGenerator({
    seed,
    rate: 4,
    mix: 'brute_force:4,anomalous_login:2,command_exec:2,port_scan:1,web_fuzz:1',
    hosts: 3,
    start: START,
    ...change,
  });
  return Array.from({ length: count }, () => generator.next());
}

function attacksOf(
  events: readonly GeneratedEvent[],
): ReadonlyMap<number, readonly GeneratedEvent[]> {
  const found = new Map<number, GeneratedEvent[]>();
  for (const event of events)
    if (event.attackId !== undefined)
      found.set(event.attackId, [...(found.get(event.attackId) ?? []), event]);
  return found;
}

const spanMs = (events: readonly GeneratedEvent[]) =>
  (events.at(-1)?.atMs ?? 0) - (events[0]?.atMs ?? 0);

describe('createGenerator()', () => {
  it('gives the same bytes for the same seed and others for another', async () => {
    const text = async (seed: number) => (await generate(2000, seed)).map(toJsonLine).join('\n');
    const seven = await text(7);
    expect(await text(7)).toBe(seven);
    expect(await text(8)).not.toBe(seven);
  });

  it('never goes back in time and keeps its rate', async () => {
    const events = await generate(5000);
    for (let index = 1; index < events.length; index += 1)
      expect(events[index]?.atMs).toBeGreaterThanOrEqual(events[index - 1]?.atMs ?? 0);
    const normal = events.filter((event) => event.scenario === 'normal');
    expect(normal.length / (spanMs(normal) / 1000)).toBeGreaterThan(3.5);
    expect(normal.length / (spanMs(normal) / 1000)).toBeLessThan(4.5);
  });

  it('keeps the proportions of the mix', async () => {
    const attacks = [...attacksOf(await generate(60_000)).values()];
    const share = (scenario: string) =>
      attacks.filter((events) => events[0]?.scenario === scenario).length / attacks.length;
    expect(share('brute_force')).toBeGreaterThan(0.3);
    expect(share('brute_force')).toBeLessThan(0.5);
    expect(share('web_fuzz')).toBeGreaterThan(0.05);
  });

  it('makes attacks that reach the thresholds of the rules', async () => {
    const attacks = [...attacksOf(await generate(40_000)).values()].slice(0, -3);
    expect(attacks.length).toBeGreaterThan(50);
    for (const events of attacks) {
      const count = (field: string, value: string) =>
        events.filter((event) => event.fields[field] === value).length;
      switch (events[0]?.scenario) {
        case 'brute_force':
          expect(count('status', 'failure')).toBeGreaterThanOrEqual(5);
          expect(count('status', 'failure')).toBeLessThanOrEqual(25);
          expect(spanMs(events)).toBeLessThan(60_000);
          break;
        case 'anomalous_login':
          expect(count('status', 'failure')).toBeGreaterThanOrEqual(3);
          expect(events.at(-1)?.fields['status']).toBe('success');
          expect(Math.floor((events.at(-1)?.atMs ?? 0) / 1000)).toBeGreaterThan(
            Math.floor((events.at(-2)?.atMs ?? 0) / 1000),
          );
          break;
        case 'port_scan':
          expect(
            new Set(events.map((event) => event.fields['destination_port'])).size,
          ).toBeGreaterThanOrEqual(15);
          expect(spanMs(events)).toBeLessThan(60_000);
          break;
        case 'web_fuzz':
          expect(
            new Set(events.map((event) => event.fields['url_path'])).size,
          ).toBeGreaterThanOrEqual(20);
          expect(spanMs(events)).toBeLessThan(30_000);
          break;
        default:
          expect(count('action', 'command_execution')).toBeGreaterThanOrEqual(2);
      }
    }
  });

  it('shows every kind within 40 s when asked, the first within 2 s', async () => {
    const events = await generate(2000, 1, { showAllFirst: true });
    const firstOf = (scenario: string) =>
      (events.find((event) => event.scenario === scenario)?.atMs ?? Number.POSITIVE_INFINITY) -
      START.getTime();
    expect(firstOf('brute_force')).toBeLessThan(2000);
    for (const scenario of ['anomalous_login', 'command_exec', 'port_scan', 'web_fuzz'])
      expect(firstOf(scenario)).toBeLessThan(40_000);
  });

  it('writes genuine lines without labels that our parsers read as the same fields', async () => {
    const context = { arrivalMs: START.getTime() + 86_400_000, zoneOffsetMinutes: () => 0 };
    for (const event of await generate(8000)) {
      expect(event.line).not.toMatch(/scenario|off_hours|brute_force/);
      const parsed = parseLine(event.line, context);
      expect(parsed).toBeDefined();
      const { hostname: _hostname, ...fields } = event.fields;
      expect(parsed).toMatchObject(fields);
      expect(Date.parse(parsed?.['@timestamp'] ?? '')).toBe(Math.floor(event.atMs / 1000) * 1000);
    }
  });

  it('writes JSON that our parsers read as the same fields, ground truth beside', async () => {
    for (const event of await generate(2000)) {
      const parsed = parseLine(toJsonLine(event), { arrivalMs: START.getTime() + 86_400_000 });
      expect(parsed).toMatchObject({ ...event.fields, scenario: event.scenario });
      eventSchema.parse({ ...parsed, event_id: 'x' });
    }
  });

  it('lets people mistype like people: once, seldom, and then they get in', async () => {
    const life = (await generate(60_000, 1, { rate: 8 })).filter(
      (event) => event.scenario === 'normal' && event.fields['action'] === 'ssh_login',
    );
    const byPerson = new Map<string, GeneratedEvent[]>();
    for (const event of life) {
      const source = String(event.fields['source_ip']);
      byPerson.set(source, [...(byPerson.get(source) ?? []), event]);
    }
    expect(byPerson.size).toBe(12);
    let mistypes = 0;
    for (const logins of byPerson.values()) {
      const wrong = logins.flatMap((event, index) =>
        event.fields['status'] === 'failure' ? [index] : [],
      );
      mistypes += wrong.length;
      for (const [index, at] of wrong.entries()) {
        const following = wrong[index + 1];
        if (following !== undefined)
          expect((logins[following]?.atMs ?? 0) - (logins[at]?.atMs ?? 0)).toBeGreaterThanOrEqual(
            3_600_000,
          );
        const next = logins.find((event) => event.atMs > (logins[at]?.atMs ?? 0));
        if (next !== undefined) expect(next.fields['status']).toBe('success');
      }
    }
    expect(mistypes).toBeGreaterThan(5);
  });

  it('lets people sleep: at night only machines are at work', async () => {
    const night = await generate(4000, 1, { start: new Date('2026-11-21T02:10:00.000Z') });
    const life = night.filter((event) => event.scenario === 'normal');
    expect(life.length).toBeGreaterThan(1000);
    expect(
      life.filter((event) =>
        ['ssh_login', 'command_execution'].includes(String(event.fields['action'])),
      ),
    ).toEqual([]);
  });

  it('says off hours of what happens at night, and of nothing else', async () => {
    const labelOf = (event: GeneratedEvent) =>
      (JSON.parse(toJsonLine(event)) as { is_off_hours: boolean }).is_off_hours;
    const day = await generate(2000, 1, { showAllFirst: true });
    expect(day.some((event) => event.scenario === 'anomalous_login')).toBe(true);
    expect(day.filter(labelOf)).toEqual([]);
    const night = await generate(500, 1, { start: new Date('2026-11-21T03:00:00.000Z') });
    expect(night.every(labelOf)).toBe(true);
  });
});

describe('parseMix()', () => {
  it.each([
    ['nothing:1', /Expected a scenario/],
    ['brute_force:0', /weight above 0/],
  ])('refuses %s', (mix, wish) => {
    expect(() => parseMix(mix)).toThrow(wish);
  });
});
