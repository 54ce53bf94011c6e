/** What is known of one episode, gathered event by event with bounded memory. */
import {
  compareSeverity,
  LIMITS,
  type EventFlagName,
  type Severity,
  type SocEvent,
} from '@mini-soc/model';
import type { SparseEvent } from '@mini-soc/store';
import { createNameList, type NameList } from './name-list.ts';
import type { Worth, WorthBefore } from './worth.ts';

/** One line of the evidence. Its text may still have to be read: of most events nobody asks for it. */
export interface EvidenceSample {
  readonly event_id: string;
  readonly ms: number;
  '@timestamp': string | undefined;
  message: string | undefined;
}

/** Fields of which an episode lists the names. */
export const NAMED_FIELDS = ['username', 'hostname', 'command', 'source_ip'] as const;

export interface SeverityStep {
  readonly atMs: number;
  readonly severity: Severity;
  readonly eventCount: number;
}

/** An episode of one entity: plain data, complete for the events that were evaluated. */
export interface Episode {
  readonly startMs: number;
  readonly lastMs: number;
  /** Events of the episode; a line that stands for n counts n. */
  readonly eventCount: number;
  /** Largest measure of any one window. */
  readonly peak: number;
  readonly severity: Severity;
  /** Climbs of severity, oldest first. */
  readonly history: readonly SeverityStep[];
  /** First and last events, oldest first, at most 20. */
  readonly evidence: readonly EvidenceSample[];
  readonly usernames: NameList;
  readonly hostnames: NameList;
  readonly commands: NameList;
  readonly sources: NameList;
  /** Names of the rule's detections that matched, in order of first match. */
  readonly members: readonly string[];
  /** True when the product wrote all of its lines itself, to try its stages. */
  readonly isSelfTest: boolean;
  /** Events that can carry a block, a line that stands for n counting n; see proof.ts. */
  readonly trusted: number;
  /** Those of them that are of the kind the rule wants as proof. */
  readonly proven: number;
  /** Those of the trusted that nothing at all speaks against, and of them those of that kind. */
  readonly firm: number;
  readonly firmProven: number;
  /** What counts with the firm ones as soon as there is one. */
  readonly waiting: number;
  readonly waitingProven: number;
  /** Flags that took something away from the evidence, in the order in which they came. */
  readonly against: readonly EventFlagName[];
  /** When the rule's shorter window reached the threshold first. */
  readonly fastMs?: number;
  /** Why it is told, in words that follow the rule's sentence. */
  readonly note?: string;
}

const EVIDENCE_EACH_END = LIMITS.evidence_events.value / 2;
const MESSAGE_LENGTH = LIMITS.message_characters.value;

export interface EpisodeDraft {
  readonly startMs: number;
  readonly lastMs: () => number;
  readonly isEmpty: () => boolean;
  readonly peak: () => number;
  readonly proven: () => number;
  readonly trusted: () => number;
  /** What the next event is judged by. */
  readonly worthBefore: () => WorthBefore;
  readonly absorb: (event: SparseEvent, ms: number, weight: number) => void;
  /** Says of the event absorbed last what it is worth as evidence. */
  readonly trust: (worth: Worth, isProof: boolean) => void;
  readonly noteMember: (name: string) => void;
  /** The rule's shorter window reached the threshold. */
  readonly noteFast: (ms: number) => void;
  /** Raises peak and severity; never lowers them. */
  readonly raise: (peak: number, severity: Severity, atMs: number) => void;
  readonly finish: () => Episode;
  readonly clone: () => EpisodeDraft;
}

interface DraftState {
  lastMs: number;
  eventCount: number;
  peak: number;
  severity: Severity | undefined;
  history: SeverityStep[];
  first: EvidenceSample[];
  last: EvidenceSample[];
  members: string[];
  isSelfTest: boolean;
  trusted: number;
  proven: number;
  firm: number;
  firmProven: number;
  waiting: number;
  waitingProven: number;
  against: EventFlagName[];
  fastMs: number | undefined;
}

interface DraftNames {
  readonly usernames: NameCollector;
  readonly hostnames: NameCollector;
  readonly commands: NameCollector;
  readonly sources: NameCollector;
}

type NameCollector = ReturnType<typeof createNameList>;

export function createEpisodeDraft(startMs: number): EpisodeDraft {
  return draftOf(
    startMs,
    {
      lastMs: startMs,
      eventCount: 0,
      peak: 0,
      severity: undefined,
      history: [],
      first: [],
      last: [],
      members: [],
      isSelfTest: true,
      trusted: 0,
      proven: 0,
      firm: 0,
      firmProven: 0,
      waiting: 0,
      waitingProven: 0,
      against: [],
      fastMs: undefined,
    },
    {
      usernames: createNameList(),
      hostnames: createNameList(),
      commands: createNameList(),
      sources: createNameList(),
    },
  );
}

function draftOf(startMs: number, state: DraftState, names: DraftNames): EpisodeDraft {
  return {
    startMs,
    lastMs: () => state.lastMs,
    isEmpty: () => state.eventCount === 0,
    peak: () => state.peak,
    proven: () => state.proven,
    trusted: () => state.trusted,
    worthBefore: () => ({
      lastMs: state.eventCount === 0 ? Number.NEGATIVE_INFINITY : state.lastMs,
      trusted: state.trusted,
      firm: state.firm,
    }),
    absorb: (event, ms, weight) => {
      state.lastMs = ms;
      state.eventCount += weight;
      if (state.isSelfTest) state.isSelfTest = event.flags?.includes('self_test') === true;
      const sample: EvidenceSample = {
        event_id: event.event_id,
        ms,
        '@timestamp': event['@timestamp'],
        message: event.message === undefined ? undefined : cut(event.message),
      };
      if (state.first.length < EVIDENCE_EACH_END) state.first.push(sample);
      else {
        state.last.push(sample);
        if (state.last.length > EVIDENCE_EACH_END) state.last.shift();
      }
      names.usernames.add(event.username);
      names.hostnames.add(event.hostname);
      names.commands.add(event.command === undefined ? undefined : cut(event.command));
      names.sources.add(event.source_ip);
    },
    trust: ({ trusted, firm, waiting, against }, isProof) => {
      state.trusted += trusted;
      state.firm += firm;
      state.waiting += waiting;
      if (isProof) {
        state.proven += trusted;
        state.firmProven += firm;
        state.waitingProven += waiting;
      }
      for (const flag of against) if (!state.against.includes(flag)) state.against.push(flag);
    },
    noteMember: (name) => {
      if (!state.members.includes(name)) state.members.push(name);
    },
    noteFast: (ms) => {
      state.fastMs ??= ms;
    },
    raise: (peak, severity, atMs) => {
      state.peak = Math.max(state.peak, peak);
      if (state.severity !== undefined && compareSeverity(severity, state.severity) <= 0) return;
      state.severity = severity;
      state.history.push({ atMs, severity, eventCount: state.eventCount });
    },
    finish: () => ({
      startMs,
      lastMs: state.lastMs,
      eventCount: state.eventCount,
      peak: state.peak,
      severity: state.severity ?? 'low',
      history: state.history.slice(),
      evidence: [...state.first, ...state.last],
      usernames: names.usernames.read(),
      hostnames: names.hostnames.read(),
      commands: names.commands.read(),
      sources: names.sources.read(),
      members: state.members.slice(),
      isSelfTest: state.isSelfTest,
      trusted: state.trusted,
      proven: state.proven,
      firm: state.firm,
      firmProven: state.firmProven,
      waiting: state.waiting,
      waitingProven: state.waitingProven,
      against: state.against.slice(),
      ...(state.fastMs === undefined ? {} : { fastMs: state.fastMs }),
    }),
    clone: () =>
      draftOf(
        startMs,
        {
          ...state,
          history: state.history.slice(),
          first: state.first.slice(),
          last: state.last.slice(),
          members: state.members.slice(),
          against: state.against.slice(),
        },
        {
          usernames: names.usernames.clone(),
          hostnames: names.hostnames.clone(),
          commands: names.commands.clone(),
          sources: names.sources.clone(),
        },
      ),
  };
}

/** Writes the texts of these events into the samples that lack them; draft and episode share them. */
export function fillEvidence(
  samples: readonly EvidenceSample[],
  events: ReadonlyMap<string, Pick<SocEvent, '@timestamp' | 'message'>>,
): void {
  for (const sample of samples) {
    const event = events.get(sample.event_id);
    if (event === undefined || sample.message !== undefined) continue;
    sample['@timestamp'] = event['@timestamp'];
    sample.message = cut(event.message);
  }
}

/** At most MESSAGE_LENGTH UTF-16 units, never half a character. */
function cut(text: string): string {
  if (text.length <= MESSAGE_LENGTH) return text;
  return `${text.slice(0, MESSAGE_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
