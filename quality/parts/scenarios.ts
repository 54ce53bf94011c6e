/** What other products' own tests of their detections show in a log: told of by us, or rightly not. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readLog } from '../log-file.ts';
import type { Part } from '../part.ts';
import { replay } from '../replay.ts';
import { share } from '../table.ts';

const entrySchema = z.object({ id: z.string(), kind: z.string(), benign: z.boolean() });
/** Of classic syslog lines, which carry none. */
const YEAR = 2026;

export const SCENARIOS: Part = {
  name: 'scenarios',
  async measure({ rules, sharedFolder }) {
    const folder = path.join(sharedFolder, 'corpora/scenarios');
    const index = path.join(folder, 'index.jsonl');
    if (!existsSync(index)) return `the scenarios are not here: ${index}`;
    const entries = readFileSync(index, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => entrySchema.parse(JSON.parse(line)));
    const missed: string[] = [];
    const wrong: string[] = [];
    for (const { id, kind, benign } of entries) {
      const file = path.join(folder, id, 'log.txt');
      const { alerts } = await replay(readLog(file, YEAR), rules);
      if (benign && alerts.length > 0)
        wrong.push(`  innocent: ${id}: ${alerts[0]?.alert.details.summary ?? ''}`);
      if (!benign && alerts.length === 0) missed.push(`  missed: ${id} (${kind})`);
    }
    const attacks = entries.filter((entry) => !entry.benign).length;
    return {
      report: [
        `scenarios told of: ${share(attacks - missed.length, attacks)}; innocent ones accused: ${share(wrong.length, entries.length - attacks)}`,
        ...missed,
        ...wrong,
      ],
      atLeast: { 'told of': attacks - missed.length },
      atMost: { innocent: wrong.length },
    };
  },
};
