export {
  createIngest,
  type Ingest,
  type IngestCounts,
  type IngestOptions,
  type OwnFiles,
} from './ingest-lines.ts';
export { createFailurePacer, keepTrying } from './keep-trying.ts';
export { createZoneOffset } from './zone-offset.ts';
