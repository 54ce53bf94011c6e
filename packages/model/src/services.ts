/**
 * Every service, once: plain data. From it follow the settings of ports and addresses, what a process asks
 * of its environment, the parts the console shows and the table in docs/architecture.md; a test compares
 * Compose files, health checks, Makefile, README and the routes with it (scripts/services.test.ts).
 */

export interface ServiceFacts {
  /** Its folder in services/, its container and its host name there. */
  readonly name: string;
  /** As the table of docs/architecture.md says it. */
  readonly does: string;
  /** What it listens on unless told otherwise; absent when it answers nobody. */
  readonly port?: number;
  /** Description of the setting of its port. */
  readonly portText?: string;
  /** Description of the setting of its address; absent when nobody calls it. */
  readonly urlText?: string;
  /** Besides /health, /ready, /metrics and /docs. */
  readonly endpoints: readonly string[];
  /** Names of services it sends requests to. */
  readonly calls: readonly string[];
  /** It reads or writes the store. */
  readonly store: boolean;
  /** It speaks to Kibana. */
  readonly kibana: boolean;
  /** `ends`: its work is done once. */
  readonly runs: 'stays' | 'ends';
  /** Where Compose runs it. */
  readonly stack: boolean;
  readonly production: boolean;
}

/** In the order of settings and tables. */
export const SERVICES = [
  {
    name: 'detection',
    does: 'runs the rules, keeps alerts, sends them on',
    port: 8000,
    portText: 'Port of the detection service; 0 takes a free one',
    urlText: 'Where other services reach detection',
    endpoints: [
      'GET /rules',
      'GET /exceptions',
      'GET /exceptions/changes',
      'POST /rules/:name/exceptions',
      'DELETE /rules/:name/exceptions/:id',
      'POST /trigger',
      'GET /alerts',
      'GET /alerts/stream',
      'GET /alerts/:id',
      'PATCH /alerts/:id',
    ],
    calls: ['response', 'enricher'],
    store: true,
    kibana: false,
    runs: 'stays',
    stack: true,
    production: true,
  },
  {
    name: 'response',
    does: 'decides, keeps the ledger and the alert log, blocks',
    port: 8001,
    portText: 'Port of the response service; 0 takes a free one',
    urlText: 'Where other services reach response',
    endpoints: [
      'POST /respond',
      'POST /acts',
      'GET /blocked',
      'DELETE /blocked',
      'DELETE /blocked/:ip',
      'GET /breaker',
      'DELETE /breaker',
      'GET /audit',
      'GET /audit/verification',
      'GET /allowlist',
      'POST /allowlist',
      'DELETE /allowlist',
    ],
    calls: [],
    store: true,
    kibana: false,
    runs: 'stays',
    stack: true,
    production: true,
  },
  {
    name: 'enricher',
    does: 'adds techniques and tactics, draws the graph at `/viz`',
    port: 8003,
    portText: 'Port of the enricher; 0 takes a free one',
    urlText: 'Where other services reach the enricher',
    endpoints: ['POST /enrich', 'GET /search', 'GET /collection', 'GET /viz', 'GET /viz/graph'],
    calls: [],
    store: true,
    kibana: false,
    runs: 'stays',
    stack: true,
    production: true,
  },
  {
    name: 'console',
    does: 'the web page',
    port: 8080,
    portText: 'Port of the console; 0 takes a free one',
    urlText: 'Where commands reach the console',
    endpoints: [
      'GET /api/session',
      'POST /api/session',
      'DELETE /api/session',
      'GET /api/overview',
      'GET /api/stream',
      'GET /api/rules',
      'GET /api/alerts',
      'PATCH /api/alerts/:id',
      'GET /api/blocks',
      'DELETE /api/blocks/:ip',
      'GET /viz',
      'GET /viz/graph',
      'GET /viz/:file',
      'GET /viz/assets/:file',
    ],
    calls: ['detection', 'enricher', 'response'],
    store: true,
    kibana: false,
    runs: 'stays',
    stack: true,
    production: true,
  },
  {
    name: 'shipper',
    does: 'reads log files into the store where there is no Filebeat',
    port: 8004,
    portText: 'Port of the shipper (our own, where there is no Filebeat)',
    endpoints: [],
    calls: [],
    store: true,
    kibana: false,
    runs: 'stays',
    stack: false,
    production: false,
  },
  {
    name: 'kibana-setup',
    does: 'sets Kibana up once: dashboard, data views, alerting rules',
    endpoints: [],
    calls: [],
    store: false,
    kibana: true,
    runs: 'ends',
    stack: true,
    production: true,
  },
  {
    name: 'setup',
    does: 'secrets and users of a production installation, once',
    endpoints: [],
    calls: [],
    store: false,
    kibana: false,
    runs: 'ends',
    stack: false,
    production: true,
  },
  {
    name: 'log-generator',
    does: 'writes attacks and normal life, with ground truth no rule can see',
    endpoints: [],
    calls: [],
    store: false,
    kibana: false,
    runs: 'stays',
    stack: true,
    production: false,
  },
  {
    name: 'soc',
    does: 'all of them in one process, and the command line `soc`',
    endpoints: [],
    calls: [],
    store: false,
    kibana: false,
    runs: 'stays',
    stack: false,
    production: false,
  },
] as const satisfies readonly ServiceFacts[];

type Service = (typeof SERVICES)[number];
export type ServiceName = Service['name'];
/** Those that answer on a port. */
export type ListeningService = Extract<Service, { readonly port: number }>;
/** Those that others call. */
export type CalledService = Extract<Service, { readonly urlText: string }>;

export function serviceNamed<Name extends ServiceName>(
  name: Name,
): Extract<Service, { readonly name: Name }> {
  const found = SERVICES.find(
    (one): one is Extract<Service, { readonly name: Name }> => one.name === name,
  );
  if (found === undefined) throw new TypeError(`There is no service "${name}"`);
  return found;
}
