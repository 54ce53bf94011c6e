/** The lanes of the outbox: each output is a folder beside this file and a line in this list. */
import { hasClimbed, laneNameSchema, LIMITS } from '@mini-soc/model';
import type { LanesFor } from '@mini-soc/detect';
import type { DetectionSettings } from '../detection-settings.ts';
import { createEnrichmentLane, type Enricher } from './enrichment/enrichment-lane.ts';
import type { Lane } from './lane.ts';
import { createResponseLane, type Responder } from './response/response-lane.ts';

/** The other sides. */
export interface Outputs {
  readonly responder: Responder;
  readonly enricher: Enricher;
  /** What a user sets for them, among the others. */
  readonly settings: DetectionSettings;
  readonly now: () => Date;
  /** Further lanes of the host. */
  readonly lanes?: readonly Lane[];
}

export function createLanes(outputs: Outputs): readonly Lane[] {
  return checked([
    createResponseLane(outputs.responder, outputs.now),
    createEnrichmentLane(outputs.enricher),
    ...(outputs.lanes ?? []),
  ]);
}

/** What a new alert waits for, and what it waits for anew after a change. */
export function createLanesFor(lanes: readonly Lane[]): LanesFor {
  return (alert, before) =>
    lanes
      .filter((lane) => {
        if (!lane.wants(alert)) return false;
        if (before === undefined || !lane.wants(before)) return true;
        return lane.againWhenClimbing && hasClimbed(alert, before);
      })
      .map((lane) => lane.name);
}

/** Throws RangeError for a list that cannot work. A lane stands behind those it comes after. */
export function checked(lanes: readonly Lane[]): readonly Lane[] {
  const names: string[] = [];
  for (const { name, after = [] } of lanes) {
    if (!laneNameSchema.safeParse(name).success)
      throw new RangeError(
        `Cannot open the outbox: a lane is named in lower-case letters, digits and hyphens: current value is "${name}"`,
      );
    if (names.includes(name))
      throw new RangeError(`Cannot open the outbox: there are two lanes "${name}"`);
    const unknown = after.find((first) => !names.includes(first));
    if (unknown !== undefined)
      throw new RangeError(
        `Cannot open the outbox: lane "${name}" comes after "${unknown}": expected a lane that stands before it: these are ${names.join(', ') || 'none'}`,
      );
    names.push(name);
  }
  if (names.length > LIMITS.alert_lanes.value)
    throw new RangeError(
      `Cannot open the outbox: expected at most ${LIMITS.alert_lanes.value} lanes: there are ${names.length}`,
    );
  return lanes;
}
