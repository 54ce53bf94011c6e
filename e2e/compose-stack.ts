/** The stack in the Docker lab: `make` and Compose under a project of its own, on free ports. */
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { freePorts } from '../packages/service-kit/test/free-ports.ts';

export const ROOT = path.resolve(import.meta.dirname, '..');
const LAB = path.resolve(ROOT, '../shared/tools/docker-lab/lab');
/** Of the processes of one test run, which share the temporary folder. */
const LOCK = path.join(tmpdir(), 'docker-lab.lock');
/** A real Filebeat; without it our shipper stands in. */
const FILEBEAT_BIN = process.env['FILEBEAT_BIN'] ?? '';
/** The folder that has the embedding model's. */
const MODELS = process.env['MODEL_DIR'] ?? path.resolve(ROOT, '../shared/reference/models');

/** Why the stack cannot be tested here; undefined when it can. */
export const whyNoLab =
  process.getuid?.() !== 0
    ? 'The stack is not tested: the Docker lab needs root'
    : existsSync(LAB)
      ? undefined
      : 'The stack is not tested: there is no Docker lab in ../shared';

/** Why search by vectors cannot be tested here; undefined when it can. */
export const whyNoModel = existsSync(MODELS)
  ? undefined
  : `Search by vectors is not tested: there is no model in ${MODELS}`;

export interface Ran {
  readonly code: number;
  /** Standard output and standard error as they came. */
  readonly output: string;
}

export interface ComposeStack {
  readonly project: string;
  readonly filebeat: 'Filebeat' | 'our shipper in the place of Filebeat';
  readonly urls: Readonly<
    Record<'elasticsearch' | 'kibana' | 'detection' | 'response' | 'enricher' | 'console', string>
  >;
  readonly make: (...args: readonly string[]) => Promise<Ran>;
  readonly compose: (...args: readonly string[]) => Promise<Ran>;
  readonly docker: (...args: readonly string[]) => Promise<Ran>;
  /** Documents of an index or pattern that the query of a URL finds. */
  readonly count: (index: string, query?: string) => Promise<number>;
  readonly containers: () => Promise<readonly z.infer<typeof containerSchema>[]>;
}

const containerSchema = z.looseObject({
  Name: z.string(),
  Service: z.string(),
  State: z.string(),
  Health: z.string(),
  ExitCode: z.number(),
});

export interface ProductionFolders {
  readonly secrets: string;
  readonly logs: string;
  /** File of variables, which is written here. */
  readonly variables: string;
}

/**
 * Starts the engine and makes the images, if that is not done, and takes free ports. With folders it is a
 * production installation.
 */
export async function openComposeStack(
  project: string,
  production?: ProductionFolders,
  variables: Readonly<Record<string, string>> = {},
): Promise<ComposeStack> {
  // Another worker may open its stack at this moment: the first starts the engine, which must not hold the lock.
  const inTurn = (...words: readonly string[]) =>
    // The engine it starts may outlive this run, whose temporary folder is removed.
    must(run('flock', ['-o', LOCK, LAB, ...words], { TMPDIR: '/tmp' }));
  await inTurn('up');
  await inTurn('images', ...(FILEBEAT_BIN === '' ? [] : ['--filebeat', FILEBEAT_BIN]));
  const names = [
    'ELASTICSEARCH',
    'KIBANA',
    'DETECTION',
    'RESPONSE',
    'ENRICHER',
    'CONSOLE',
  ] as const;
  const ports = await freePorts(names.length);
  const url = (index: number) => `http://127.0.0.1:${ports[index] ?? 0}`;
  const published = Object.fromEntries(
    names.map((name, index) => [`${name}_PORT`, String(ports[index])]),
  );
  const files = production === undefined ? DEVELOPMENT_FILES : PRODUCTION_FILES;
  const environment: Record<string, string> = {
    COMPOSE_PROJECT_NAME: project,
    COMPOSE_FILE: files.join(':'),
    IMAGE_PREFIX: 'mini-soc-e2e',
    // The lab reaches no host that has the model.
    MODEL_URL: 'none',
    // Tests count exactly; those of the self-test turn it on.
    SELF_TEST_INTERVAL: '0',
    ...variables,
    MODELS,
    ...published,
  };
  if (production !== undefined) {
    writeFileSync(
      production.variables,
      `SECRETS_DIR=${production.secrets}\nHOST_LOGS=${production.logs}\nELASTICSEARCH_HEAP=512m\nLOG_TIME_ZONE=UTC\n`,
    );
    environment['COMPOSE_ENV_FILES'] = production.variables;
    environment['ENV_FILE'] = production.variables;
    environment['PROD_FILES'] = files
      .slice(2)
      .map((file) => `-f ${file}`)
      .join(' ');
  }
  const docker = (...args: readonly string[]) => run('docker', args, environment);
  return {
    project,
    filebeat: FILEBEAT_BIN === '' ? 'our shipper in the place of Filebeat' : 'Filebeat',
    urls: {
      elasticsearch: url(0),
      kibana: url(1),
      detection: url(2),
      response: url(3),
      enricher: url(4),
      console: url(5),
    },
    make: (...args) => run('make', args, environment),
    compose: (...args) => docker('compose', ...args),
    docker,
    async count(index, query = '*') {
      await fetch(`${url(0)}/${index}/_refresh`, { method: 'POST' });
      const answer = await fetch(`${url(0)}/${index}/_count?q=${encodeURIComponent(query)}`);
      return z.object({ count: z.number() }).parse(await answer.json()).count;
    },
    async containers() {
      const { output } = await must(docker('compose', 'ps', '--all', '--format', 'json'));
      return output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => containerSchema.parse(JSON.parse(line)));
    },
  };
}

const hasFilebeat = FILEBEAT_BIN !== '';
const DEVELOPMENT_FILES = [
  'docker-compose.yml',
  ...(whyNoModel === undefined ? ['e2e/compose/with-model.yml'] : []),
  ...(hasFilebeat ? [] : ['e2e/compose/shipper-for-filebeat.yml']),
];
const PRODUCTION_FILES = [
  'docker-compose.yml',
  'docker-compose.prod.yml',
  'e2e/compose/production-in-the-lab.yml',
  ...(hasFilebeat ? [] : ['e2e/compose/production-shipper.yml']),
];

/** The result, or an error with its output when the program failed. */
export async function must(running: Promise<Ran>): Promise<Ran> {
  const ran = await running;
  if (ran.code !== 0) throw new Error(`Ended with ${ran.code}:\n${ran.output.slice(-4000)}`);
  return ran;
}

function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
