export { createLogger, clip } from './logger.ts';
export type { Logger, LoggerOptions } from './logger.ts';
export { createHttpApp, errorBody } from './http-app.ts';
export type { HttpApp, HttpAppOptions, Readiness } from './http-app.ts';
export { createInProcessFetch } from './in-process-fetch.ts';
export type { Fetch } from './in-process-fetch.ts';
export { requestJson, ServiceCallError } from './request-json.ts';
export type { RequestJsonOptions } from './request-json.ts';
export { Counter, Gauge, Histogram, Registry } from 'prom-client';
