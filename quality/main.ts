/**
 * `npm run quality`: how many attacks are told of, who is accused wrongly, and who would be blocked, on a
 * generated day and on real logs. `--check` fails when a number is worse than quality/floor.json says,
 * `--write` makes today's numbers the floor, `--only PART,…` measures some parts, `--seed N` another day,
 * `--logs FOLDER` says where real logs lie (default ../logs beside the checkout). docs/quality.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { compareWithFloor, floorSchema, raiseFloor } from './floor.ts';
import { qualityUsage, readQualityOptions, type QualityOptions } from './options.ts';
import { PARTS } from './parts.ts';
import type { Figures, Measuring } from './part.ts';
import { loadProductRules } from './replay.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const FLOOR_FILE = path.join(import.meta.dirname, 'floor.json');
const NAMES = PARTS.map((part) => part.name);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function run({ only, seed, logs, check, write }: QualityOptions): Promise<number> {
  const measuring: Measuring = {
    rules: await loadProductRules(),
    seed,
    logsFolder: logs ?? path.resolve(ROOT, '../logs'),
    sharedFolder: path.resolve(ROOT, '../shared'),
  };
  const measured = new Map<string, Figures>();
  for (const part of PARTS) {
    if (only?.includes(part.name) === false) continue;
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
  if (write) writeFileSync(FLOOR_FILE, `${JSON.stringify(raiseFloor(floor, measured), null, 2)}\n`);
  if (!check) return 0;
  const faults = [...measured].flatMap(([part, figures]) => compareWithFloor(part, figures, floor));
  print('');
  for (const fault of faults) print(fault);
  print(faults.length === 0 ? 'Nothing is worse than the floor' : `${faults.length} are worse`);
  return faults.length === 0 ? 0 : 1;
}

/** Undefined, and said why, when they are not understood. */
function optionsOf(given: readonly string[]): QualityOptions | undefined {
  try {
    return readQualityOptions(given, NAMES);
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${sentence}\n\n${qualityUsage(NAMES)}`);
    return undefined;
  }
}

const options = optionsOf(process.argv.slice(2));
if (options?.help === true) process.stdout.write(qualityUsage(NAMES));
process.exitCode = options === undefined ? 2 : options.help ? 0 : await run(options);
