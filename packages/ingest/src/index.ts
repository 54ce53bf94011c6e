export {
  createIngest,
  type Ingest,
  type IngestCounts,
  type IngestOptions,
} from './ingest-lines.ts';
export { createFailurePacer, keepTrying } from './keep-trying.ts';
export type { FileFacts, OwnFiles } from './lines-to-events.ts';
export type { ConfirmOptions } from './confirm-event.ts';
export { parseLogSource, type LogSource } from './log-sources.ts';
export { createSeenConnections } from './seen-connections.ts';
export { createSshPorts } from './ssh-ports.ts';
export {
  createPassOn,
  type EventBatch,
  type PassedCounts,
  type PassOn,
  type PassOnOptions,
} from './pass-on.ts';
export { createZoneOffset } from './zone-offset.ts';
