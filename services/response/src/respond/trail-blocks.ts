/**
 * What the audit trail says of blocks in force: the decisions it has, without those that it says have
 * ended. Pure. The ledger is the truth; this is asked what the ledger may have lost.
 */
import { parseIpAddress, type Block, type Decision, type IpAddress } from '@mini-soc/model';
import { decidedIdOf, decisionIdOf, endIdOf } from './audit-documents.ts';

export interface TrailBlock {
  readonly address: IpAddress;
  readonly decision: Decision;
}

export interface TrailBlocks {
  /** Decided and not ended. */
  readonly standing: readonly TrailBlock[];
  /** Whether the trail says that a person lifted the block of this decision. */
  readonly isLifted: (decision: Decision) => boolean;
}

/** Written when one of several decisions was withdrawn, in trails of before without its id. */
const WITHDRAWN = 'One decision was withdrawn';

export function readTrailBlocks(documents: readonly Block[]): TrailBlocks {
  const ends = documents.filter(({ kind }) => kind === 'unblocked' || kind === 'expired');
  const endIds = new Set(ends.map((end) => end.block_id));
  /** When a decision was said to have ended, by how. */
  const ended = { unblocked: new Map<string, string>(), expired: new Map<string, string>() };
  /** The same of addresses, in trails of before. */
  const freed = new Map<string, string>();
  const keepLatest = (map: Map<string, string>, key: string, at: string): void => {
    const before = map.get(key);
    if (before === undefined || before < at) map.set(key, at);
  };
  for (const end of ends) {
    const decisions = end.details['decisions'];
    const kind = end.kind === 'expired' ? 'expired' : 'unblocked';
    if (Array.isArray(decisions))
      for (const id of decisions) keepLatest(ended[kind], String(id), end['@timestamp']);
    else if (end.source_ip !== undefined && !end.action_taken.startsWith(WITHDRAWN))
      keepLatest(freed, end.source_ip, end['@timestamp']);
  }
  const isEnded = (decision: Decision): boolean =>
    endIds.has(endIdOf(decision, 'unblocked')) ||
    endIds.has(endIdOf(decision, 'expired')) ||
    ended.unblocked.has(decision.decision_id) ||
    ended.expired.has(decision.decision_id) ||
    (freed.get(decision.source_ip ?? '') ?? '') >= decision.since;
  return {
    standing: documents
      .flatMap((block) => readDecided(block) ?? [])
      .filter(({ decision }) => !isEnded(decision)),
    // The same alert may have been answered anew since.
    isLifted: (decision) =>
      endIds.has(endIdOf(decision, 'unblocked')) ||
      (ended.unblocked.get(decision.decision_id) ?? '') > decision.since,
  };
}

/** The decision of a document; undefined when it is none, or not one of ours. */
function readDecided(block: Block): TrailBlock | undefined {
  const { kind, alert_id, severity, expires_at: until, details } = block;
  const address = parseIpAddress(block.source_ip ?? '');
  if (kind !== 'blocked' && kind !== 'extended') return undefined;
  if (alert_id === undefined || severity === undefined || until === undefined) return undefined;
  const decisionId = decisionIdOf(alert_id, severity);
  if (address === undefined || block.block_id !== decidedIdOf(decisionId)) return undefined;
  const reason = details['decision_reason'];
  return {
    address,
    decision: {
      decision_id: decisionId,
      alert_id,
      action: 'block',
      outcome: 'blocked',
      source_ip: address,
      rule_name: block.rule_name ?? '',
      severity,
      reason: typeof reason === 'string' ? reason : block.action_taken,
      since: block['@timestamp'],
      until,
      simulated: block.action_taken.startsWith('[SIMULATED]'),
    },
  };
}
