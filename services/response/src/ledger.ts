/**
 * Decisions on disk. What is in force is derived from the entries: for an address the longest decision
 * wins; unblocking ends all of them. Answers are remembered by alert and severity, so that a repeated
 * request is answered as before.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import {
  decisionSchema,
  parseIpRange,
  UsageError,
  type Decision,
  type IpRange,
} from '@mini-soc/model';
import { z } from 'zod';
import { openJournal } from './journal.ts';

const entrySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('decision'), decision: decisionSchema }),
  z.object({ kind: z.literal('ended'), source_ip: z.string(), at: z.string() }),
  z.object({ kind: z.literal('allow'), range: z.string() }),
  z.object({ kind: z.literal('disallow'), range: z.string() }),
]);
type Entry = z.infer<typeof entrySchema>;

export interface Ledger {
  /** The block in force for an address. */
  readonly find: (address: string, now: Date) => Decision | undefined;
  /** Blocks in force, newest first. */
  readonly inForce: (now: Date) => readonly Decision[];
  /** Blocks whose time has come; they stay until `end` is called. */
  readonly due: (now: Date) => readonly Decision[];
  /** The earlier answer to this alert at this severity. */
  readonly answerTo: (alertId: string, severity: string) => Decision | undefined;
  readonly record: (decision: Decision) => Promise<void>;
  readonly end: (address: string, now: Date) => Promise<void>;
  readonly allowed: () => readonly IpRange[];
  readonly allow: (range: IpRange) => Promise<void>;
  readonly disallow: (range: IpRange) => Promise<boolean>;
  /** New blocks since a time. */
  readonly blocksSince: (since: Date) => number;
  readonly problems: readonly string[];
  readonly close: () => Promise<void>;
}

/** Answers that are remembered beside the blocks in force; the oldest go first. */
const REMEMBERED_ANSWERS = 10_000;
/** The journal is rewritten when it has this many lines more than needed. */
const SLACK_LINES = 5000;

/** Throws UsageError when the folder cannot be used. */
export async function openLedger(directory: string): Promise<Ledger> {
  const file = path.join(directory, 'ledger.ndjson');
  const { journal, entries, problems } = await mkdir(directory, { recursive: true })
    .then(() => openJournal(file))
    .catch((cause: unknown) => {
      throw new UsageError(
        `Cannot open the ledger "${file}": ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    });
  const blocks = new Map<string, Decision>();
  const answers = new Map<string, Decision>();
  const allowed = new Map<string, IpRange>();

  const apply = (entry: Entry): void => {
    switch (entry.kind) {
      case 'decision': {
        const { decision } = entry;
        answers.set(`${decision.alert_id} ${decision.severity}`, decision);
        if (answers.size > REMEMBERED_ANSWERS)
          answers.delete(answers.keys().next().value as string);
        if (decision.outcome !== 'blocked' || decision.source_ip === undefined) return;
        const present = blocks.get(decision.source_ip);
        if (present === undefined || (decision.until ?? '') > (present.until ?? '')) {
          // The block began with the first decision and ends with the last.
          blocks.set(
            decision.source_ip,
            present === undefined ? decision : { ...decision, since: present.since },
          );
        }
        return;
      }
      case 'ended':
        blocks.delete(entry.source_ip);
        return;
      case 'allow': {
        const range = parseIpRange(entry.range);
        if (range !== undefined) allowed.set(range.text, range);
        return;
      }
      case 'disallow':
        allowed.delete(entry.range);
        return;
      default:
        entry satisfies never;
    }
  };

  const unreadable: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const parsed = entrySchema.safeParse(entry);
    if (parsed.success) apply(parsed.data);
    else
      unreadable.push(`Entry ${index + 1} of "${file}" has an unknown shape and was passed over`);
  }

  const write = async (entry: Entry): Promise<void> => {
    await journal.append(entry);
    apply(entry);
    if (journal.lines() > answers.size + blocks.size + allowed.size + SLACK_LINES) await compact();
  };

  const compact = (): Promise<void> => {
    const kept = new Set([...answers.values(), ...blocks.values()]);
    return journal.rewrite([
      ...[...allowed.keys()].map((range) => ({ kind: 'allow', range })),
      ...[...kept]
        .filter(
          (decision) =>
            decision.outcome !== 'blocked' || blocks.get(decision.source_ip ?? '') === decision,
        )
        .map((decision) => ({ kind: 'decision', decision })),
    ]);
  };

  const isInForce = (decision: Decision, now: Date) =>
    Date.parse(decision.until ?? '') > now.getTime();
  return {
    problems: [...problems, ...unreadable],
    find: (address, now) => {
      const decision = blocks.get(address);
      return decision !== undefined && isInForce(decision, now) ? decision : undefined;
    },
    inForce: (now) =>
      [...blocks.values()]
        .filter((decision) => isInForce(decision, now))
        .toSorted((a, b) => (a.since < b.since ? 1 : -1)),
    due: (now) => [...blocks.values()].filter((decision) => !isInForce(decision, now)),
    answerTo: (alertId, severity) => answers.get(`${alertId} ${severity}`),
    record: (decision) => write({ kind: 'decision', decision }),
    end: (address, now) => write({ kind: 'ended', source_ip: address, at: now.toISOString() }),
    allowed: () => [...allowed.values()],
    allow: (range) => write({ kind: 'allow', range: range.text }),
    async disallow(range) {
      if (!allowed.has(range.text)) return false;
      await write({ kind: 'disallow', range: range.text });
      return true;
    },
    blocksSince: (since) =>
      [...blocks.values()].filter((decision) => Date.parse(decision.since) >= since.getTime())
        .length,
    close: () => journal.close(),
  };
}
