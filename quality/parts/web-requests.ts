/** Requests of the OWASP Core Rule Set's own tests that an access log can show, each from an address of its own. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Part } from '../part.ts';
import { replay, type ReplayedLine } from '../replay.ts';
import { share, table } from '../table.ts';

const requestSchema = z.object({
  method: z.string().default('GET'),
  uri: z.string().default('/'),
  version: z.string().default('HTTP/1.1'),
  user_agent: z.string().optional(),
  referer: z.string().optional(),
  expect: z.object({ category: z.string(), triggers: z.boolean() }),
  derived: z.object({ in_access_log: z.boolean() }),
});

const ARRIVAL_MS = Date.parse('2026-03-10T12:00:00.000Z');

export const WEB_REQUESTS: Part = {
  name: 'web-requests',
  async measure({ rules, sharedFolder }) {
    const file = path.join(sharedFolder, 'corpora/web-requests/coreruleset.jsonl');
    if (!existsSync(file)) return `the requests are not here: ${file}`;
    const requests = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => requestSchema.parse(JSON.parse(line)))
      .filter((one) => one.derived.in_access_log && one.expect.triggers);
    const lines = requests.map((request, index): ReplayedLine => ({
      arrivalMs: ARRIVAL_MS,
      file,
      line: `198.${18 + (index >> 16)}.${(index >> 8) & 255}.${index & 255} - - [10/Mar/2026:11:00:00 +0000] "${escape(`${request.method} ${request.uri} ${request.version}`)}" 200 512 "${escape(request.referer ?? '-')}" "${escape(request.user_agent ?? '-')}"`,
    }));
    const { alerts, understood } = await replay(lines, rules);
    const found = new Set(alerts.flatMap(({ evidence }) => evidence));
    const categories = [...new Set(requests.map((one) => one.expect.category))].toSorted();
    const countOf = (category: string): readonly [number, number] => {
      const own = requests.flatMap((one, index) =>
        one.expect.category === category ? [index] : [],
      );
      return [own.filter((index) => found.has(index)).length, own.length];
    };
    return {
      report: [
        `${lines.length} requests, ${share(understood, lines.length)} became events`,
        ...table([
          ['category', 'told of'],
          ...categories.map((category) => [category, share(...countOf(category))]),
        ]),
        `requests told of: ${share(found.size, lines.length)}`,
      ],
      atLeast: Object.fromEntries(categories.map((category) => [category, countOf(category)[0]])),
      atMost: {},
    };
  },
};

/** As web servers write what would end the quoted text. */
function escape(text: string): string {
  return text.replaceAll(
    /["\\\u0000-\u001f\u007f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
