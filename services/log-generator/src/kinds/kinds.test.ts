import { isInRange, parseIpAddress, parseIpRange } from '@mini-soc/model';
import { parseLine } from '@mini-soc/parsers';
import { describe, expect, it } from 'vitest';
import { isOffHours } from '../generated-event.ts';
import { ATTACK_KINDS, makeDay, NORMAL_LIFE, type Kind, type LabelledLine } from './index.ts';

const START_MS = Date.parse('2026-03-10T00:00:00.000Z');
const KINDS = [...NORMAL_LIFE, ...ATTACK_KINDS];

const dayOf = (kinds: {
  readonly normal?: readonly Kind[];
  readonly attacks?: readonly Kind[];
  readonly seed?: number;
}): readonly LabelledLine[] =>
  makeDay({
    seed: 1,
    startMs: START_MS,
    normal: [],
    attacks: [],
    attackHappenings: 3,
    ...kinds,
  });

const textOf = (lines: readonly LabelledLine[], kind: string): string =>
  lines
    .filter((line) => line.scenario === kind)
    .map((line) => line.line)
    .join('\n');

const whole = dayOf({ normal: NORMAL_LIFE, attacks: ATTACK_KINDS });

describe('makeDay()', () => {
  it('gives the same lines for the same seed and others for another', () => {
    const [first, again, other] = [1, 1, 2].map((seed) =>
      textOf(dayOf({ normal: NORMAL_LIFE.slice(0, 3), seed }), 'mistyped_once'),
    );
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it('is in order of time', () => {
    const times = whole.map((line) => line.atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('leaves the lines of a kind as they are when another is added', () => {
    const alone = dayOf({ normal: NORMAL_LIFE.slice(0, 1) });
    const kind = NORMAL_LIFE[0]?.name ?? '';
    expect(textOf(dayOf({ normal: NORMAL_LIFE.slice(0, 9) }), kind)).toBe(textOf(alone, kind));
  });

  it('says off hours of lines of the night, and of no others', () => {
    expect(whole.filter((line) => line.isOffHours !== isOffHours(line.atMs))).toEqual([]);
    expect(whole.some((line) => line.isOffHours)).toBe(true);
  });

  it('says of every line of normal life that it is no attack', () => {
    const innocent = new Set([...NORMAL_LIFE.map((kind) => kind.name), 'normal']);
    expect(whole.filter((line) => innocent.has(line.scenario) === line.isAttack)).toEqual([]);
  });

  it('gives each happening of an attack addresses that no innocent has', () => {
    const innocent = new Set<string>();
    const attackers = new Map<string, Set<string>>();
    for (const { line, isAttack, scenario, happening } of whole)
      for (const address of line.match(/\b198\.1[89]\.\d{1,3}\.\d{1,3}\b/g) ?? []) {
        if (isAttack)
          attackers.set(
            address,
            (attackers.get(address) ?? new Set()).add(`${scenario} ${happening}`),
          );
        else innocent.add(address);
      }
    expect([...attackers].filter(([, owners]) => owners.size > 1)).toEqual([]);
    expect(attackers.size).toBeGreaterThan(500);
    expect([...attackers.keys()].filter((address) => innocent.has(address))).toEqual([]);
  });
});

describe('the kinds', () => {
  it('are at least forty of normal life and as many attacks, each with a name of its own', () => {
    expect(NORMAL_LIFE.length).toBeGreaterThanOrEqual(40);
    expect(ATTACK_KINDS.length).toBeGreaterThanOrEqual(40);
    const names = KINDS.map((kind) => kind.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]+$/);
  });

  it('write lines, each of them', () => {
    const seen = new Set(whole.map((line) => line.scenario));
    expect(KINDS.map((kind) => kind.name).filter((name) => !seen.has(name))).toEqual([]);
  });

  it('name only addresses of documentation, of tests and of inner networks', () => {
    const allowed = [
      '192.0.2.0/24',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '198.18.0.0/15',
      '10.0.0.0/8',
      '127.0.0.0/8',
      '169.254.169.254/32',
    ].map((text) => parseIpRange(text));
    const others = whole.filter(({ line }) => {
      const event = parseLine(line, { arrivalMs: START_MS + 3 * 86_400_000 });
      const address = parseIpAddress(event?.source_ip ?? '');
      if (address === undefined) return false;
      return !allowed.some((range) => range !== undefined && isInRange(address, range));
    });
    expect(others).toEqual([]);
  });

  it('are mostly read by our parsers, as events of their own time', () => {
    const read = whole.flatMap(({ line, atMs }) => {
      const event = parseLine(line, { arrivalMs: atMs + 1000, zoneOffsetMinutes: () => 0 });
      return event === undefined ? [] : [{ line, atMs, at: event['@timestamp'] }];
    });
    expect(read.length / whole.length).toBeGreaterThan(0.95);
    expect(read.filter(({ at, atMs }) => Math.abs(Date.parse(at) - atMs) > 1000)).toEqual([]);
  });

  it('write nothing that gives the truth away', () => {
    expect(whole.filter(({ line }) => /scenario|is_off_hours|isAttack/.test(line))).toEqual([]);
  });
});
