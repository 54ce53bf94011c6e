/**
 * `npm run quality`: how many attacks are told of, who is accused wrongly, and who would be blocked, on a
 * generated day and on real logs. `--check` fails when a number is worse than quality/floor.json says,
 * `--write` makes today's numbers the floor, `--only PART,…` measures some parts, `--seed N` another day,
 * `--logs FOLDER` says where real logs lie (default ../logs beside the checkout). docs/quality.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compareWithFloor, floorSchema, raiseFloor } from './floor.ts';
import { PARTS } from './parts.ts';
import type { Figures, Measuring } from './part.ts';
import { loadProductRules } from './replay.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const FLOOR_FILE = path.join(import.meta.dirname, 'floor.json');
/** The seed of the floor. */
const USUAL_SEED = 1;

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string', default: String(USUAL_SEED) },
    logs: { type: 'string', default: path.resolve(ROOT, '../logs') },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);

function chosenParts(): typeof PARTS {
  const names = values.only?.split(',');
  const unknown = names?.find((name) => !PARTS.some((part) => part.name === name));
  if (unknown !== undefined)
    throw new RangeError(
      `Expected a part (${PARTS.map((part) => part.name).join(', ')}): current value is "${unknown}"`,
    );
  return PARTS.filter((part) => names === undefined || names.includes(part.name));
}

async function run(): Promise<number> {
  const seed = Number(values.seed);
  if (seed !== USUAL_SEED && (values.check || values.write))
    throw new RangeError(`The floor is that of seed ${USUAL_SEED}: current value is ${seed}`);
  const measuring: Measuring = {
    rules: await loadProductRules(),
    seed,
    logsFolder: values.logs,
    sharedFolder: path.resolve(ROOT, '../shared'),
  };
  const measured = new Map<string, Figures>();
  for (const part of chosenParts()) {
    const startedMs = performance.now();
    const found = await part.measure(measuring);
    print(`\n== ${part.name}`);
    if (typeof found === 'string') {
      print(`not measured: ${found}`);
      continue;
    }
    for (const line of found.report) print(line);
    print(`took ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
    measured.set(part.name, found);
  }
  const floor = floorSchema.parse(JSON.parse(readFileSync(FLOOR_FILE, 'utf8')));
  if (values.write)
    writeFileSync(FLOOR_FILE, `${JSON.stringify(raiseFloor(floor, measured), null, 2)}\n`);
  if (!values.check) return 0;
  const faults = [...measured].flatMap(([part, figures]) => compareWithFloor(part, figures, floor));
  print('');
  for (const fault of faults) print(fault);
  print(faults.length === 0 ? 'Nothing is worse than the floor' : `${faults.length} are worse`);
  return faults.length === 0 ? 0 : 1;
}

process.exitCode = await run();
