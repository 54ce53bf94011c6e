/** Names of the fields of an event, ours and those of the Elastic Common Schema. */
import { EVENT_FIELDS } from './event.ts';

const byEcsName = new Map(
  EVENT_FIELDS.filter((f) => f.ecs !== undefined).map((f) => [f.ecs as string, f.name]),
);
const ownNames = new Set(EVENT_FIELDS.map((f) => f.name));

/** The flat name for a flat or ECS name; undefined when no event field is called so. */
export function eventFieldName(name: string): string | undefined {
  return ownNames.has(name) ? name : byEcsName.get(name);
}
