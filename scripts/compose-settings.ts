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
