/** Variables that only the Compose files read: default and meaning. Those of the product are in its table. */
export interface ComposeSetting {
  readonly fallback: string;
  readonly description: string;
}

export const COMPOSE_SETTINGS: Readonly<Record<string, ComposeSetting>> = {
  STACK_VERSION: {
    fallback: '8.19.21',
    description: 'Version of Elasticsearch, Kibana and Filebeat; 8.19 or 9',
  },
  IMAGE_PREFIX: { fallback: 'mini-soc', description: 'Where our own images are, without the name' },
  IMAGE_TAG: { fallback: 'dev', description: 'Tag of our own images' },
  ELASTICSEARCH_PORT: { fallback: '9200', description: 'Port of Elasticsearch on this machine' },
  KIBANA_PORT: { fallback: '5601', description: 'Port of Kibana on this machine' },
  DETECTION_PORTS: {
    fallback: '',
    description: 'Range for several detection processes, such as 18000-18009; empty means one port',
  },
  RESPONSE_PORTS: { fallback: '', description: 'The same for response' },
  ENRICHER_PORTS: { fallback: '', description: 'The same for the enricher' },
  ELASTICSEARCH_HEAP: { fallback: '512m', description: 'Heap of Elasticsearch' },
  ELASTICSEARCH_MEMORY: {
    fallback: '1536m',
    description: 'Memory limit of Elasticsearch, about three times the heap',
  },
  KIBANA_HEAP_MB: { fallback: '768', description: 'Heap of Kibana, MiB' },
};

/** Variables of a production installation that differ from the development stack, or exist only there. */
export const PRODUCTION_SETTINGS: Readonly<Record<string, ComposeSetting>> = {
  HOST_NAMES: {
    fallback: '',
    description:
      'Names under which browsers reach the console, separated by commas; they stand in its certificate',
  },
  CONSOLE_ADDRESS: { fallback: '0.0.0.0', description: 'Address the console is published on' },
  CONSOLE_PORT: { fallback: '8080', description: 'Port the console is published on' },
  SECRETS_DIR: {
    fallback: './secrets',
    description: 'Folder of certificates and secrets, made at the first start: keep it, back it up',
  },
  HOST_LOGS: { fallback: '/var/log', description: 'Folder of the logs of this host' },
  LOG_HOSTNAME: {
    fallback: '',
    description: 'Name of this host in its events, where lines have none',
  },
  LOG_TIME_ZONE: {
    fallback: '',
    description: 'IANA zone of log lines that name none; empty means the zone of this machine',
  },
  SHIP_SYSLOG: {
    fallback: 'false',
    description: 'true reads syslog and messages too, on hosts that write everything into one file',
  },
  DETECTION_INTERVAL: { fallback: '1s', description: 'Time between detection cycles' },
  RESPONSE_LISTEN_HOST: {
    fallback: '172.17.0.1',
    description: "Address of Docker's bridge, at which the other services reach response",
  },
  RESPONSE_FIREWALL: { fallback: 'auto', description: 'auto, nftables, iptables or ufw' },
  RESPONSE_ALLOWLIST: {
    fallback: '',
    description:
      'Addresses and ranges that are never blocked: put your own in before the first start',
  },
  RULES_DIR: {
    fallback: '',
    description: 'Folder of your own rule files in the image, beside ours',
  },
  ELASTICSEARCH_HEAP: { fallback: '1g', description: 'Heap of Elasticsearch' },
  ELASTICSEARCH_MEMORY: {
    fallback: '3g',
    description: 'Memory limit of Elasticsearch, about three times the heap',
  },
  KIBANA_HEAP_MB: { fallback: '1024', description: 'Heap of Kibana, MiB' },
};
