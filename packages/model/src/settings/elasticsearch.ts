/** How Elasticsearch is reached. */
import { setting } from './setting.ts';
import { httpUrl, text } from './setting-values.ts';

export const ELASTICSEARCH_SETTINGS = {
  ELASTICSEARCH_URL: setting(
    httpUrl(),
    'http://127.0.0.1:9200',
    'Where Elasticsearch is (8.19 or 9); not used by the embedded mode',
  ),
  ELASTICSEARCH_API_KEY: setting(
    text(),
    '',
    'API key for Elasticsearch (encoded form); goes before user and password',
    true,
  ),
  ELASTICSEARCH_USERNAME: setting(text(), '', 'User for Elasticsearch; empty means none'),
  ELASTICSEARCH_PASSWORD: setting(text(), '', 'Password of that user', true),
  ELASTICSEARCH_CA_FILE: setting(
    text(),
    '',
    'Certificate authority (PEM) Elasticsearch is trusted by; empty means those of Node',
  ),
} as const;
