export {
  createIngest,
  type Ingest,
  type IngestCounts,
  type IngestOptions,
} from './ingest-lines.ts';
export { createFailurePacer, keepTrying } from './keep-trying.ts';
export type { OwnFiles } from './lines-to-events.ts';
export {
  createPassOn,
  type EventBatch,
  type PassedCounts,
  type PassOn,
  type PassOnOptions,
} from './pass-on.ts';
export { createZoneOffset } from './zone-offset.ts';
