/**
 * Alerts as a graph: whom they are about, the alerts, their techniques. Texts are given as they are; whoever
 * shows them sets them as text.
 */
import { findTechnique } from '@mini-soc/attack';
import { compareSeverity, LIMITS, severitySchema, type Alert } from '@mini-soc/model';
import { z } from 'zod';

const nodeSchema = z.object({
  id: z.string(),
  kind: z.enum(['address', 'entity', 'alert', 'technique']),
  label: z.string(),
  /** The worst of the alerts it belongs to. */
  severity: severitySchema,
  /** Alerts it belongs to. */
  alerts: z.int().min(1),
  /** For an alert what happened, for a technique what it is. */
  text: z.string(),
  /** Last event, ISO 8601. */
  last_seen: z.string(),
  /** Page of ATT&CK. */
  url: z.string().optional(),
});
export type GraphNode = z.infer<typeof nodeSchema>;

export const graphSchema = z.object({
  nodes: z.array(nodeSchema),
  links: z.array(z.object({ source: z.string(), target: z.string() })),
  /** Alerts in the graph. */
  alerts: z.int(),
  /** Alerts of the time asked for that are left out because the graph would be too large. */
  left_out: z.int(),
  /** True when there are still older ones, which were not looked at. */
  has_older: z.boolean(),
});
export type Graph = z.infer<typeof graphSchema>;

const MAX_NODES = LIMITS.graph_nodes.value;
const LABEL_CHARACTERS = 120;
const TEXT_CHARACTERS = 600;

type Draft = Omit<GraphNode, 'alerts'>;

/** `alerts` newest first: the oldest are left out when there are more nodes than the limit. */
export function buildGraph(alerts: readonly Alert[], hasOlder: boolean): Graph {
  const nodes = new Map<string, GraphNode>();
  const links: { source: string; target: string }[] = [];
  let shown = 0;
  for (const alert of alerts) {
    const own = alertNode(alert);
    const others = [...entityNodes(alert), ...techniqueNodes(alert)];
    const added = [own, ...others].filter((node) => !nodes.has(node.id));
    if (nodes.size + added.length > MAX_NODES) break;
    shown += 1;
    for (const node of [own, ...others]) put(nodes, node);
    for (const { id, kind } of others)
      links.push(
        kind === 'technique' ? { source: own.id, target: id } : { source: id, target: own.id },
      );
  }
  return {
    nodes: [...nodes.values()],
    links,
    alerts: shown,
    left_out: alerts.length - shown,
    has_older: hasOlder,
  };
}

function put(nodes: Map<string, GraphNode>, node: Draft): void {
  const before = nodes.get(node.id);
  if (before === undefined) nodes.set(node.id, { ...node, alerts: 1 });
  else
    nodes.set(node.id, {
      ...before,
      alerts: before.alerts + 1,
      severity:
        compareSeverity(node.severity, before.severity) > 0 ? node.severity : before.severity,
      last_seen: node.last_seen > before.last_seen ? node.last_seen : before.last_seen,
    });
}

function alertNode(alert: Alert): Draft {
  return {
    id: `alert:${alert.alert_id}`,
    kind: 'alert',
    label: alert.rule_name.slice(0, LABEL_CHARACTERS),
    severity: alert.severity,
    text: alert.details.summary.slice(0, TEXT_CHARACTERS),
    last_seen: alert.last_seen,
  };
}

/** The attacker's address; where there is none, whomever the alert is about. */
function entityNodes(alert: Alert): readonly Draft[] {
  const facts = { severity: alert.severity, text: '', last_seen: alert.last_seen };
  if (alert.source_ip !== undefined)
    return [
      { ...facts, id: `address:${alert.source_ip}`, kind: 'address', label: alert.source_ip },
    ];
  return Object.entries(alert.entity).map(([field, value]): Draft => {
    const label = `${field}: ${value}`.slice(0, LABEL_CHARACTERS);
    return { ...facts, id: `entity:${label}`, kind: 'entity', label };
  });
}

function techniqueNodes(alert: Alert): readonly Draft[] {
  return [...new Set(alert.details.mitre_techniques)].flatMap((id): readonly Draft[] => {
    const technique = findTechnique(id);
    if (technique?.id !== id) return [];
    return [
      {
        id: `technique:${id}`,
        kind: 'technique',
        label: `${id} ${technique.name}`,
        severity: alert.severity,
        text: `${technique.tactics.map((tactic) => tactic.name).join(', ')}. ${technique.description}`,
        last_seen: alert.last_seen,
        url: technique.url,
      },
    ];
  });
}
