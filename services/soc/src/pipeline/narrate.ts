/** What `soc up` says on the terminal: attacks (demo), alerts and blocks, one plain line each. */
import { compareSeverity, formatDuration, LIMITS, type Alert } from '@mini-soc/model';
import { safeText } from '../safe-text.ts';

export interface NarratorOptions {
  readonly write: (text: string) => unknown;
  readonly now: () => Date;
  readonly colours: boolean;
  readonly blockDurationMs: number;
  readonly simulated: boolean;
}

export interface Narrator {
  readonly say: (sentence: string) => void;
  readonly attack: (sentence: string) => void;
  /** An alert as it is stored: what is new about it is told. */
  readonly alert: (alert: Alert) => void;
}

/** Alerts remembered, so that each step is told once. */
const REMEMBERED = LIMITS.alerts_told.value;
const COLOURS = {
  low: '36',
  medium: '33',
  high: '35',
  critical: '31',
  attack: '2',
  block: '32',
} as const;

export function createNarrator(options: NarratorOptions): Narrator {
  const told = new Map<string, Pick<Alert, 'severity' | 'response'>>();
  const paint = (colour: string, text: string) =>
    options.colours ? `\u001b[${colour}m${text}\u001b[0m` : text;
  const line = (kind: string, colour: string, text: string) => {
    const time = options.now().toTimeString().slice(0, 8);
    options.write(`${time}  ${paint(colour, kind.padEnd(15))} ${safeText(text, { max: 300 })}\n`);
  };

  const tell = (alert: Alert): void => {
    const before = told.get(alert.alert_id);
    if (before === undefined || compareSeverity(alert.severity, before.severity) > 0) {
      const kind = before === undefined ? `ALERT ${alert.severity}` : `climbs ${alert.severity}`;
      line(kind, COLOURS[alert.severity], `${alert.rule_name}: ${alert.details.summary}`);
    }
    if (alert.response.state !== 'pending' && before?.response.state !== alert.response.state)
      answer(alert);
    told.delete(alert.alert_id);
    // Not the alert: its evidence alone takes kilobytes.
    told.set(alert.alert_id, { severity: alert.severity, response: alert.response });
    if (told.size > REMEMBERED) told.delete(told.keys().next().value as string);
  };

  const answer = (alert: Alert): void => {
    if (alert.response.state === 'done' && alert.response.action === 'block') {
      const how = options.simulated ? ' (simulated: no firewall was touched)' : '';
      line(
        'BLOCK',
        COLOURS.block,
        `${alert.source_ip ?? '?'} for ${formatDuration(options.blockDurationMs)}${how}`,
      );
    } else if (alert.response.state === 'refused') {
      line(
        'not blocked',
        COLOURS.attack,
        `${alert.source_ip ?? alert.rule_name}: ${alert.response.reason ?? 'refused'}`,
      );
    } else if (alert.response.action === 'ticket') {
      line(
        'ticket',
        COLOURS.block,
        alert.response.reason ?? 'written down for a person to look at',
      );
    }
  };

  return {
    say: (sentence) => options.write(`${safeText(sentence, { max: 500 })}\n`),
    attack: (sentence) => line('attack', COLOURS.attack, sentence),
    alert: tell,
  };
}
