/** Commands as sudo writes them: what attackers run against what people run. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Part } from '../part.ts';
import { replay, type ReplayedLine } from '../replay.ts';
import { share, table } from '../table.ts';

interface CommandList {
  readonly name: string;
  readonly isHostile: boolean;
  /** In the folder of logs. */
  readonly path: string;
  /** Each entry is one command, or several of which one must be told of. */
  readonly read: (folder: string) => readonly (readonly string[])[];
}

const filesOf = (folder: string, ending = ''): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();

const examplesSchema = z.object({
  functions: z
    .record(z.string(), z.array(z.looseObject({ code: z.string().optional() })))
    .optional(),
});

/** Every example of every function, once. */
function readGtfoBins(folder: string): readonly (readonly string[])[] {
  const codes = filesOf(folder).flatMap((file) => {
    const found = examplesSchema.safeParse(
      parse(readFileSync(file, 'utf8').split('\n...')[0] ?? ''),
    );
    return Object.values(found.data?.functions ?? {}).flatMap((examples) =>
      examples.flatMap(({ code }) => code ?? []),
    );
  });
  return [...new Set(codes)].map((code) => [code]);
}

const testsSchema = z.object({
  atomic_tests: z.array(
    z.looseObject({
      supported_platforms: z.array(z.string()),
      input_arguments: z
        .record(z.string(), z.looseObject({ default: z.unknown().optional() }))
        .nullish(),
      executor: z.looseObject({ name: z.string(), command: z.string().nullish() }),
    }),
  ),
});

const textOf = (value: unknown, otherwise: string): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise;

/** The lines of each test for a shell of Linux, with its usual arguments. */
function readAtomics(folder: string): readonly (readonly string[])[] {
  return filesOf(folder, '.yaml').flatMap((file) => {
    const found = testsSchema.safeParse(parse(readFileSync(file, 'utf8')));
    return (found.data?.atomic_tests ?? [])
      .filter(
        (test) =>
          test.supported_platforms.includes('linux') && /^(ba)?sh$/.test(test.executor.name),
      )
      .map((test) =>
        (test.executor.command ?? '')
          .replaceAll(/#\{([\w-]+)\}/g, (_, name: string) =>
            textOf(test.input_arguments?.[name]?.default, name),
          )
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== '' && !line.startsWith('#')),
      );
  });
}

/** `{{[-a|--all]}}` is the long form, `{{path}}` its own word. */
function readTldr(folder: string): readonly (readonly string[])[] {
  return filesOf(folder, '.md').flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('`') && line.endsWith('`'))
      .map((line) => [
        line
          .slice(1, -1)
          .replaceAll(/\{\{\[[^|\]]*\|([^\]]*)\]\}\}/g, '$1')
          .replaceAll(/\{\{(.*?)\}\}/g, '$1'),
      ]),
  );
}

const readLines = (file: string): readonly (readonly string[])[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => [line]);

export const LISTS: readonly CommandList[] = [
  { name: 'GTFOBins', isHostile: true, path: 'GTFOBins.github.io/_gtfobins', read: readGtfoBins },
  { name: 'Atomic Red Team', isHostile: true, path: 'atomic-red-team/atomics', read: readAtomics },
  { name: 'tldr', isHostile: false, path: 'tldr/pages', read: readTldr },
  { name: 'nl2bash', isHostile: false, path: 'nl2bash/data/bash/all.cm', read: readLines },
];

const ARRIVAL_MS = Date.parse('2026-03-10T12:00:00.000Z');

export const COMMAND_LISTS: Part = {
  name: 'command-lists',
  async measure({ rules, logsFolder }) {
    const rows: (readonly string[])[] = [];
    const examples: string[] = [];
    const atLeast: Record<string, number> = {};
    const atMost: Record<string, number> = {};
    for (const list of LISTS) {
      const place = path.join(logsFolder, list.path);
      if (!existsSync(place)) continue;
      const entries = list.read(place);
      const lines: ReplayedLine[] = [];
      const entryOf: number[] = [];
      for (const [entry, commands] of entries.entries())
        for (const command of commands) {
          lines.push(sudoLine(entry, command));
          entryOf.push(entry);
        }
      const { alerts } = await replay(lines, rules);
      const told = new Set(
        alerts.flatMap(({ evidence }) => evidence.map((index) => entryOf[index] ?? -1)),
      );
      rows.push([
        list.name,
        list.isHostile ? 'attackers' : 'people',
        share(told.size, entries.length),
      ]);
      (list.isHostile ? atLeast : atMost)[list.name] = told.size;
      if (!list.isHostile)
        for (const entry of [...told].slice(0, 40))
          examples.push(`  ${list.name}: ${entries[entry]?.join(' ; ').slice(0, 140) ?? ''}`);
    }
    if (rows.length === 0)
      return `none of ${LISTS.map((list) => list.path).join(', ')} is in ${logsFolder}`;
    return {
      report: [...table([['list', 'run by', 'told of'], ...rows]), ...examples],
      atLeast,
      atMost,
    };
  },
};

/** Each entry by a user of its own on a machine of its own; sudo writes the end of a line as #012. */
function sudoLine(entry: number, command: string): ReplayedLine {
  const at = new Date(ARRIVAL_MS - 86_400_000 + entry * 1000).toISOString();
  return {
    arrivalMs: ARRIVAL_MS,
    file: 'auth.log',
    line: `${at} host${entry} sudo: user${entry} : TTY=pts/0 ; PWD=/home/user ; USER=root ; COMMAND=${command.trim().replaceAll('\n', '#012')}`,
  };
}
