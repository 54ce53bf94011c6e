/** One thing that happened in the simulation: as fields, as a genuine line, and what it really was. */

export const SCENARIOS = [
  'normal',
  'brute_force',
  'anomalous_login',
  'command_exec',
  'port_scan',
  'web_fuzz',
] as const;
export type Scenario = (typeof SCENARIOS)[number];
export const ATTACKS = SCENARIOS.filter((scenario) => scenario !== 'normal');
export type LogFile = 'auth.log' | 'ufw.log' | 'nginx/access.log';

/** Fields as in the log index; the ground truth (scenario, is_off_hours) is added when it is written as JSON. */
export type Fields = Readonly<Record<string, string | number>>;

export interface GeneratedEvent {
  readonly atMs: number;
  readonly file: LogFile;
  /** The genuine line, without any label. */
  readonly line: string;
  readonly fields: Fields;
  readonly scenario: Scenario;
  /** The attack it belongs to; undefined for normal life. */
  readonly attackId: number | undefined;
}

/** Nights from 2 to 5 o'clock (UTC), when nobody works. */
export function isOffHours(atMs: number): boolean {
  const hour = new Date(atMs).getUTCHours();
  return hour >= 2 && hour <= 4;
}

/** One JSON object, the fields of the log index and the ground truth. */
export function toJsonLine(event: GeneratedEvent): string {
  return JSON.stringify({
    '@timestamp': new Date(event.atMs).toISOString(),
    ...event.fields,
    message: event.line,
    scenario: event.scenario,
    is_off_hours: isOffHours(event.atMs),
  });
}
