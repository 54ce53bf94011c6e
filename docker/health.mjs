/**
 * The health check of our images: a service that answers HTTP is asked whether it is ready; the log
 * generator must have written lately. Exit code 0 or 1, with a sentence that `docker inspect` shows.
 */
import { readFileSync, statSync } from 'node:fs';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import path from 'node:path';

const PORTS = { detection: 8000, response: 8001, enricher: 8003, shipper: 8004, console: 8080 };
const QUIET_MS = 30_000;
const {
  SOC_SERVICE: service = '',
  GENERATOR_DIR: folder = './data/generated',
  ...env
} = process.env;

function end(isHealthy, sentence) {
  process.stdout.write(`${sentence}\n`);
  process.exit(isHealthy ? 0 : 1);
}

function askReady() {
  const port = Number(env[`${service.toUpperCase()}_PORT`] || PORTS[service]);
  const host = env.LISTEN_HOST && env.LISTEN_HOST !== '0.0.0.0' ? env.LISTEN_HOST : '127.0.0.1';
  const options = { host, port, path: '/ready', headers: { host: 'localhost' }, timeout: 4000 };
  const sent = env.TLS_CERT_FILE
    ? secure({
        ...options,
        servername: 'localhost',
        ...(env.TLS_CA_FILE ? { ca: readFileSync(env.TLS_CA_FILE) } : {}),
      })
    : plain(options);
  sent.on('response', (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (part) => (text += part.slice(0, 2000 - text.length)));
    answer.on('end', () => end(answer.statusCode === 200, text));
  });
  sent.on('timeout', () => end(false, `Nothing answers on port ${port} within 4 s`));
  sent.on('error', (error) => end(false, error.message));
  sent.end();
}

function askGenerator() {
  const files = ['events.json', 'auth.log'].map((name) => path.join(folder, name));
  const times = files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const quietMs = Date.now() - Math.max(...times);
  end(quietMs < QUIET_MS, `The last line was written ${Math.round(quietMs / 1000)} s ago`);
}

if (service === 'log-generator') askGenerator();
else if (service in PORTS) askReady();
else end(true, `${service} has no health check of its own`);
