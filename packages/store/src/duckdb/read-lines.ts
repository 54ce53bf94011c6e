/** The lines that events were, by their ids: both of what is asked for stands in the document. */
import { lineOf } from '../event-line.ts';
import type { EventLine, TimeRange } from '../store.ts';
import type { Connection } from './connection.ts';
import { letOthersRun } from './let-others-run.ts';
import { readTexts } from './read-columns.ts';

/** Ids of one query; each goes through all events of the range once. */
const IDS_AT_ONCE = 16_384;

export async function readLines(
  connection: Connection,
  eventIds: readonly string[],
  range: TimeRange,
): Promise<readonly EventLine[]> {
  const found: EventLine[] = [];
  for (let from = 0; from < eventIds.length; from += IDS_AT_ONCE) {
    const chunks = await connection.exclusive(
      async (raw) => {
        const result = await raw.run(
          `SELECT event_id, doc FROM events WHERE t >= ? AND t < ?
           AND event_id IN (SELECT unnest(from_json(?, '["VARCHAR"]')))`,
          [
            BigInt(Math.floor(range.fromMs)),
            BigInt(Math.ceil(range.toMs)),
            JSON.stringify(eventIds.slice(from, from + IDS_AT_ONCE)),
          ],
        );
        return result.fetchAllChunks();
      },
      { reads: true },
    );
    for (const chunk of chunks) {
      const ids = readTexts(chunk, 0);
      const documents = readTexts(chunk, 1);
      for (const [row, id] of ids.entries()) {
        // Files of before have the id in the document too; what it says is the same.
        const event = JSON.parse(String(documents[row])) as Omit<EventLine, 'event_id'>;
        found.push(lineOf({ ...event, event_id: String(id) }));
      }
      await letOthersRun();
    }
  }
  return found;
}
