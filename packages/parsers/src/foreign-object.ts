/** Objects that other programs write, one a line, under names of their own. */
import { parseAuthentikObject, parseAutheliaObject, parseMongodbObject } from './app-objects.ts';
import type { Draft } from './draft.ts';
import { parseEcsObject } from './ecs-event.ts';
import type { ReadContext } from './file-memory.ts';
import { parseGrafanaObject } from './grafana.ts';
import type { JsonObject } from './json-event.ts';
import { parseAccessObject } from './json-access.ts';
import { parseNextcloudObject } from './nextcloud.ts';
import { parsePostgresqlObject } from './postgresql.ts';
import { parseSambaObject } from './samba.ts';

type ObjectParser = (object: JsonObject, draft: Draft, context: ReadContext) => number | undefined;

/** Each knows its own by names that the others do not have; the first that does is right. */
const PARSERS: readonly ObjectParser[] = [
  parseNextcloudObject,
  parseGrafanaObject,
  parsePostgresqlObject,
  parseSambaObject,
  parseMongodbObject,
  parseAutheliaObject,
  parseAuthentikObject,
  parseAccessObject,
  parseEcsObject,
];

/** Fills the draft; the time in milliseconds, NaN when it names none, undefined when the object is of nobody we know. */
export function parseForeignObject(
  object: JsonObject,
  draft: Draft,
  context: ReadContext,
): number | undefined {
  for (let i = 0; i < PARSERS.length; i++) {
    const timeMs = (PARSERS[i] as ObjectParser)(object, draft, context);
    if (timeMs !== undefined) return timeMs;
  }
  return undefined;
}
