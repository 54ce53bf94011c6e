export { createChannel, type Channel } from './channel.ts';
export {
  createEventStream,
  EVENT_STREAM_HEAD,
  type EventStream,
  type EventStreamOptions,
} from './event-stream.ts';
export { pause } from './pause.ts';
export { BodyTooLong, readBody } from './read-body.ts';
export { rotateFile, type Rotated, type Rotation } from './rotate-file.ts';
export { createLogger, clip } from './logger.ts';
export type { Logger, LoggerOptions } from './logger.ts';
export { createHttpApp, errorBody } from './http-app.ts';
export type { HttpApp, HttpAppOptions, HttpFace, Readiness } from './http-app.ts';
export { createAccess, LOCAL_HOLDER } from './access.ts';
export type { Access, AccessOptions, CallerToken, Holder } from './access.ts';
export { askerOf, createDoor } from './door.ts';
export type { Asker, Door, DoorSettings, Judgement } from './door.ts';
export { isOwnSocket, listenOnOwnSocket, ownSocketPath } from './own-socket.ts';
export { callTokenOf, doorSettingsOf, makePairTokens } from './service-tokens.ts';
export type { PairTokens } from './service-tokens.ts';
export { createSocketFetch } from './socket-fetch.ts';
export { createInProcessFetch } from './in-process-fetch.ts';
export type { Fetch } from './fetch.ts';
export { listenOn } from './listen.ts';
export type { ListenOptions } from './listen.ts';
export { openLater, waitFor } from './open-later.ts';
export type { WaitOptions } from './open-later.ts';
export { refuseOpenDoors, usesOf } from './production.ts';
export { readElasticsearchAccess, runService } from './run-service.ts';
export type {
  ElasticsearchAccess,
  ServiceContext,
  ServiceDefinition,
  ServiceProcess,
} from './run-service.ts';
export { withSecretFiles } from './secret-files.ts';
export { syncFolder } from './sync-folder.ts';
export { createTrustingFetch, readAuthority, readTls } from './tls.ts';
export type { ServerTls, TlsParts } from './tls.ts';
export { VERSION } from './version.ts';
export { createLimitCounter, countedName } from './limit-counter.ts';
export { requestJson, ServiceCallError } from './request-json.ts';
export type { Person, RequestJsonOptions } from './request-json.ts';
export { withTimeLimit } from './time-limit.ts';
export { Counter, Gauge, Histogram, Registry } from 'prom-client';
