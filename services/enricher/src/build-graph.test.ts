import { LIMITS, type Alert } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { makeAlert } from '../../../packages/model/test/make-alert.ts';
import { buildGraph, graphSchema } from './build-graph.ts';

const AT = '2026-03-01T10:00:00.000Z';

function alertOf(id: string, changes: Partial<Alert> = {}): Alert {
  return makeAlert(
    { '@timestamp': AT, alert_id: id, enriched: true, ...changes },
    { mitre_techniques: ['T1110.001', 'T1110.001', 'T9999'], ...changes.details },
  );
}

describe('buildGraph()', () => {
  it('joins address, alert and technique, each once, unknown techniques left out', () => {
    const graph = buildGraph([alertOf('a')], false);
    expect(graph.nodes.map((node) => node.id)).toEqual([
      'alert:a',
      'address:203.0.113.7',
      'technique:T1110.001',
    ]);
    expect(graph.links).toEqual([
      { source: 'address:203.0.113.7', target: 'alert:a' },
      { source: 'alert:a', target: 'technique:T1110.001' },
    ]);
    expect(graphSchema.parse(graph)).toEqual(graph);
  });

  it('gives an address the worst severity and the last time of its alerts', () => {
    const later = '2026-03-01T11:00:00.000Z';
    const graph = buildGraph(
      [alertOf('a', { severity: 'critical' }), alertOf('b', { severity: 'low', last_seen: later })],
      false,
    );
    expect(graph.nodes.find((node) => node.kind === 'address')).toMatchObject({
      severity: 'critical',
      alerts: 2,
      last_seen: later,
    });
  });

  it('shows whom an alert without an address is about', () => {
    const { source_ip: _none, ...alert } = alertOf('a', { entity: { username: '<b>root</b>' } });
    expect(buildGraph([alert], false).nodes.map((node) => node.label)).toContain(
      'username: <b>root</b>',
    );
  });

  it('leaves the oldest out when there are too many nodes, and counts them', () => {
    const alerts = Array.from({ length: 400 }, (_, index) =>
      alertOf(`a${index}`, { source_ip: `203.0.113.${index % 256}`, rule_name: 'x'.repeat(500) }),
    );
    const graph = buildGraph(alerts, true);
    expect(graph.nodes.length).toBeLessThanOrEqual(LIMITS.graph_nodes.value);
    expect(graph.alerts + graph.left_out).toBe(400);
    expect(graph.left_out).toBeGreaterThan(0);
    expect(graph.has_older).toBe(true);
    const known = new Set(graph.nodes.map((node) => node.id));
    expect(graph.links.every(({ source, target }) => known.has(source) && known.has(target))).toBe(
      true,
    );
    expect(Math.max(...graph.nodes.map((node) => node.label.length))).toBeLessThanOrEqual(120);
  });
});
