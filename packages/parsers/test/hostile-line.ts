/**
 * What the tests of hostile lines share. ATTACKER is the true peer, VICTIM is whom the attacker wants to
 * have blocked: it must never become the source. Each case begins with the id of its row in the table
 * of hostile inputs.
 */
import { eventSchema, type ParsedEvent } from '@mini-soc/model';
import { expect } from 'vitest';
import { parseLine, type ParseContext } from '../src/index.ts';

export const ATTACKER = '198.51.100.7';
export const VICTIM = '203.0.113.9';
export const P = 'Nov 21 03:40:00 web01 sshd[411]: ';
export const ARRIVAL = Date.parse('2026-11-21T12:00:00Z');

/** The event of a line, checked against the schema. */
export function parse(line: string, more: Partial<ParseContext> = {}): ParsedEvent | undefined {
  const event = parseLine(line, { arrivalMs: ARRIVAL, zoneOffsetMinutes: () => 0, ...more });
  if (event !== undefined) eventSchema.parse({ ...event, event_id: 'x' });
  return event;
}

export type Wish = Partial<Record<keyof ParsedEvent, unknown>>;

/** A failed login of the attacker. */
export const failure = (username: string, more: Wish = {}): Wish => ({
  status: 'failure',
  source_ip: ATTACKER,
  username,
  ...more,
});

/** Every field that is wished for; undefined wishes for its absence. */
export function expectFields(event: ParsedEvent | undefined, wish: Wish): void {
  for (const [field, value] of Object.entries(wish))
    expect([field, event?.[field as keyof ParsedEvent]]).toEqual([field, value]);
}
