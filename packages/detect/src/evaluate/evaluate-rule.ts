/**
 * The one place that counts and decides. Events of one entity, in order of (time, id), become
 * episodes; the same function answers for every store, for rule tests and for old logs.
 *
 * The window slides over event time and is half-open: n events reach a threshold when the last and
 * the first of them are less than windowMs apart. An episode starts with the first event of the first
 * window that fires. Every later matching event belongs to it while the gap to the event before is
 * less than suppressMs; then a new episode needs the threshold again. Because suppressMs is at least
 * windowMs, no window reaches over such a gap, so an episode depends on nothing before it.
 *
 * Severity follows the largest measure of any one window of the episode and only climbs; a rule with a proof stays
 * low until the episode has it.
 */
import { compareSeverity, type Severity, type SocEvent } from '@mini-soc/model';
import {
  compileFilter,
  fieldsOfFilter,
  fieldsOfMeasure,
  TIME_FIELD,
  type Predicate,
} from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type { SparseEvent } from '@mini-soc/store';
import { createEpisodeDraft, NAMED_FIELDS, type Episode, type EpisodeDraft } from './episode.ts';
import { createProof, type ProofJudge } from './proof.ts';
import { createMeasureFactory, type WindowMeasure } from './measure-window.ts';

/** A point inside an episode from which evaluation can go on: all events before `beforeMs` are in it. */
export interface EvaluationPoint {
  readonly beforeMs: number;
  /** Start of the episode. */
  readonly startMs: number;
  readonly measure: WindowMeasure;
  readonly draft: EpisodeDraft;
}

export interface Evaluation {
  /**
   * Takes the next event, of which only `fieldsOfRule()` need be there; order is (time, id). Throws
   * RangeError when time goes back.
   */
  readonly add: (event: SparseEvent, ms: number) => void;
  /** A copy of the state for events before `beforeMs`; undefined outside an episode. */
  readonly mark: (beforeMs: number) => EvaluationPoint | undefined;
  /** Until when a further event would still belong to the present episode; undefined outside one. */
  readonly openUntilMs: () => number | undefined;
  /** Episodes so far, the present one included. */
  readonly episodes: () => readonly Episode[];
}

export interface Evaluator {
  readonly rule: Rule;
  /** Begins with nothing before, or at a point, which stays as it was. */
  readonly begin: (point?: EvaluationPoint) => Evaluation;
}

interface HeldEvent {
  readonly event: SparseEvent;
  readonly ms: number;
  readonly weight: number;
}

/** Compiles the rule's filters once for many evaluations. */
export function createEvaluator(rule: Rule): Evaluator {
  const createMeasure = createMeasureFactory(rule.query, rule.notWithinMs);
  const grade = createGrade(rule);
  const proof = createProof(rule);
  return {
    rule,
    begin: (point) =>
      createEvaluation(
        rule,
        grade,
        proof,
        point?.measure.clone() ?? createMeasure(),
        point?.draft.clone(),
      ),
  };
}

/** What the evaluator reads of an event, besides its id, time, weight and flags. */
export function fieldsOfRule({ query, members, severityBy, proof }: Rule): readonly string[] {
  return [
    ...new Set([
      ...NAMED_FIELDS,
      ...fieldsOfMeasure(query.measure).filter((field) => field !== TIME_FIELD),
      ...(proof === undefined ? [] : fieldsOfFilter(proof.filter)),
      ...(severityBy === 'member' ? members.flatMap((one) => fieldsOfFilter(one.filter)) : []),
    ]),
  ];
}

/** Episodes of one entity over all of its matching events, ordered by start. Pure. */
export function evaluateRule(rule: Rule, events: readonly SocEvent[]): readonly Episode[] {
  const evaluation = createEvaluator(rule).begin();
  for (const event of events) evaluation.add(event, Date.parse(event['@timestamp']));
  return evaluation.episodes();
}

function createEvaluation(
  rule: Rule,
  grade: Grade,
  proof: ProofJudge,
  measure: WindowMeasure,
  resumed: EpisodeDraft | undefined,
): Evaluation {
  const finished: Episode[] = [];
  let draft = resumed;
  let latestMs = resumed?.lastMs() ?? Number.NEGATIVE_INFINITY;
  /** Events of the window while no episode is open: they belong to the one that may begin. */
  let held: HeldEvent[] = [];

  const absorb = (open: EpisodeDraft, { event, ms, weight }: HeldEvent): Severity | undefined => {
    const worth = proof.worthOf(event, ms, weight, open.worthBefore);
    open.absorb(event, ms, weight);
    open.trust(worth, worth.trusted > 0 && proof.isOfKind(event));
    return grade.ofEvent(event, open);
  };

  /** Without its proof an episode is low, however large; with it, it is what its largest window is. */
  const severityOf = (open: EpisodeDraft, value: number, own: Severity | undefined): Severity =>
    proof.isMet(open.proven(), open.trusted())
      ? grade.ofMeasure(rule.proof === undefined ? value : Math.max(value, open.peak()), own)
      : 'low';

  return {
    add: (event, ms) => {
      if (!(ms >= latestMs))
        throw new RangeError(`Events must be ordered by time: "${event.event_id}" comes too late`);
      latestMs = ms;
      const weight = event.repeat_count ?? 1;
      if (draft !== undefined && ms - draft.lastMs() >= rule.suppressMs) {
        finished.push(draft.finish());
        draft = undefined;
      }
      const reading = measure.add(event, ms, weight);
      const present: HeldEvent = { event, ms, weight };
      if (draft !== undefined) {
        const own = absorb(draft, present);
        if (reading.isFast === true) draft.noteFast(ms);
        draft.raise(reading.value, severityOf(draft, reading.value, own), ms);
        return;
      }
      held.push(present);
      if (held.length > 2 * measure.size() + 64) held = held.slice(-measure.size());
      if (!reading.fires) return;
      const members = held.slice(-reading.members);
      held = [];
      draft = createEpisodeDraft((members[0] as HeldEvent).ms);
      if (reading.isFast === true) draft.noteFast(ms);
      let own: Severity | undefined;
      for (const member of members) own = higher(own, absorb(draft, member));
      draft.raise(reading.value, severityOf(draft, reading.value, own), ms);
    },
    mark: (beforeMs) =>
      draft === undefined
        ? undefined
        : { beforeMs, startMs: draft.startMs, measure: measure.clone(), draft: draft.clone() },
    openUntilMs: () => (draft === undefined ? undefined : draft.lastMs() + rule.suppressMs),
    episodes: () => (draft === undefined ? finished.slice() : [...finished, draft.finish()]),
  };
}

interface Grade {
  /** Severity of an event by the detections it matches; undefined when the rule does not ask. */
  readonly ofEvent: (event: SparseEvent, draft: EpisodeDraft) => Severity | undefined;
  readonly ofMeasure: (value: number, own: Severity | undefined) => Severity;
}

function createGrade(rule: Rule): Grade {
  const steps = rule.severitySteps;
  const members: readonly { name: string; matches: Predicate; level: Severity }[] =
    rule.severityBy === 'member'
      ? rule.members.map((member) => ({
          name: member.name,
          matches: compileFilter(member.filter),
          level: member.level ?? rule.level,
        }))
      : [];
  const stepOf = (value: number): Severity | undefined =>
    steps.find((step) => value >= step.gte)?.level;
  return {
    ofEvent: (event, draft) => {
      let severity: Severity | undefined;
      for (const member of members)
        if (member.matches(event)) {
          draft.noteMember(member.name);
          severity = higher(severity, member.level);
        }
      return severity;
    },
    ofMeasure: (value, own) => {
      const base = rule.severityBy === 'member' ? (own ?? 'low') : rule.level;
      return higher(base, stepOf(value)) ?? base;
    },
  };
}

function higher(a: Severity | undefined, b: Severity | undefined): Severity | undefined {
  if (a === undefined) return b;
  return b === undefined || compareSeverity(a, b) >= 0 ? a : b;
}
