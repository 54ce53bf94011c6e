import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { ASKING_COMMANDS, runCommandLine } from './run-command-line.ts';

const RESPONSE = 'http://127.0.0.1:1';

it.each([
  ['status'],
  ['alerts'],
  ['trigger'],
  ['blocked'],
  ['blocked', '--unblock', '203.0.113.7'],
  ['blocked', '--unblock', 'all'],
])('soc %s %s %s asks the services in the way it was given', async (...argv) => {
  const asked: string[] = [];
  await runCommandLine(
    {
      argv,
      variables: {
        DATA_DIR: '/nonexistent/mini-soc',
        DETECTION_URL: RESPONSE,
        RESPONSE_URL: RESPONSE,
        ENRICHER_URL: RESPONSE,
        CONSOLE_URL: RESPONSE,
      },
      stdin: Readable.from([]),
      write: () => true,
      drained: () => Promise.resolve(),
      writeError: () => true,
      isTerminal: false,
      signal: new AbortController().signal,
      rulesDirectory: '',
      webDirectory: '',
      enricherDirectory: '',
      now: () => new Date(0),
      monotonicMs: () => 0,
      pid: 1,
      fetch: (url) => {
        asked.push(url instanceof Request ? url.url : String(url));
        return Promise.reject(new TypeError('refused'));
      },
    },
    ASKING_COMMANDS,
  );
  expect(asked.length).toBeGreaterThan(0);
  for (const url of asked) expect(url).toContain(RESPONSE);
});
