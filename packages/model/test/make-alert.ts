import type { Alert } from '../src/alert.ts';

/** A new alert of five failed logins from 203.0.113.7, as of 2026-03-01T12:00:00Z. */
export function makeAlert(
  change: Partial<Alert> = {},
  details: Partial<Alert['details']> = {},
): Alert {
  const at = change['@timestamp'] ?? '2026-03-01T12:00:00.000Z';
  return {
    '@timestamp': at,
    alert_id: 'a1',
    rule_id: 'ssh-brute-force',
    rule_name: 'BruteForceRule',
    entity: { source_ip: '203.0.113.7' },
    source_ip: '203.0.113.7',
    severity: 'medium',
    risk_score: 50,
    event_count: 5,
    first_seen: at,
    last_seen: at,
    updated_at: at,
    status: 'open',
    late: false,
    enriched: false,
    response: { state: 'pending' },
    ...change,
    details: {
      summary: '203.0.113.7 failed to log in 5 times within 50 seconds',
      window_seconds: 60,
      threshold: 5,
      peak_count: 5,
      evidence: [{ event_id: 'e1', '@timestamp': at, message: 'Failed password' }],
      history: [{ at, severity: 'medium', event_count: 5 }],
      rule_tags: ['attack.t1110.001'],
      spoofable: false,
      allowed_action: 'block',
      ...change.details,
      ...details,
    },
  };
}
