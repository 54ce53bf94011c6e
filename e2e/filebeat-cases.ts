/**
 * The table that runs through the parsers in Node and through Filebeat's script: the texts of the
 * parsers' own tests, lines of the generator, oddities of files, and where the corpora are at hand all their lines.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseLine, createFileMemory, rememberedText, toDocument } from '@mini-soc/parsers';
import ts from 'typescript';
import { createZoneOffset } from '@mini-soc/ingest';
import { createGenerator } from '../services/log-generator/src/generator.ts';
import { toJsonLine } from '../services/log-generator/src/generated-event.ts';

export const ARRIVAL_MS = Date.parse('2026-11-21T12:00:00.000Z');
const ROOT = path.resolve(import.meta.dirname, '..');
const CORPORA = path.resolve(ROOT, '../shared/corpora');

/** An event as an input of Filebeat makes it, before any processor. */
export interface ShippedCase {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly id: string;
  /** Time of the event before the script; the arrival when absent. */
  readonly timestamp?: string;
  readonly arrivalMs: number;
}

/** A line of a file and what Filebeat's reader says of it. */
export function lineCase(line: string, file: string, offset: number): ShippedCase {
  return {
    id: `${file}:${offset}`,
    arrivalMs: ARRIVAL_MS,
    fields: {
      message: line,
      input: { type: 'filestream' },
      log: { offset, file: { path: file, inode: '12', device_id: '34', fingerprint: 'ab' } },
      shipper: { hostname: '' },
    },
  };
}

/** Lines as a file: each with its offset. */
export function fileCases(lines: readonly string[], file: string): readonly ShippedCase[] {
  let offset = 0;
  return lines.map((line) => {
    const made = lineCase(line, file, offset);
    offset += Buffer.byteLength(line) + 1;
    return made;
  });
}

/** The documents that the path of the tailer makes of the lines, in their order; null where a line says nothing. */
export function tailedDocuments(
  cases: readonly ShippedCase[],
  zone: string,
): readonly (Readonly<Record<string, unknown>> | null)[] {
  const zoneOffsetMinutes = createZoneOffset(zone);
  let previous:
    { readonly file: string; readonly offset: number; readonly text: string } | undefined;
  let memory = createFileMemory();
  return cases.map(({ fields, id, arrivalMs }) => {
    const line = fields['message'] as string;
    const { offset, file } = fields['log'] as { offset: number; file: { path: string } };
    const isNext = previous?.file === file.path && previous.offset < offset;
    const previousLine = isNext ? previous?.text : undefined;
    if (!isNext) memory = createFileMemory();
    previous = { file: file.path, offset, text: rememberedText(line) };
    const parsed = parseLine(line, { arrivalMs, zoneOffsetMinutes, previousLine, memory });
    if (parsed === undefined) return null;
    return toDocument(parsed, {
      eventId: id,
      ingestedAt: new Date(arrivalMs).toISOString(),
      file: file.path,
      offset,
      flags: line.includes('\ufffd') ? ['invalid_utf8'] : [],
    });
  });
}

/** Every text in the tests of the parsers; what a template cannot say without running stays as it is written. */
export function textsOfParserTests(): readonly string[] {
  const folder = path.join(ROOT, 'packages/parsers');
  const files = ['src', 'test'].flatMap((name) =>
    readdirSync(path.join(folder, name))
      .filter((file) => file.endsWith('.ts') && (name === 'test' || file.includes('.test.')))
      .map((file) => path.join(folder, name, file)),
  );
  const sources = files.map((file) =>
    ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true),
  );
  const named = new Map<string, string>();
  const texts = new Set<string>();
  const evaluate = (node: ts.Node): string | undefined => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
    if (ts.isIdentifier(node)) return named.get(node.text);
    if (!ts.isTemplateExpression(node)) return undefined;
    return node.templateSpans.reduce(
      (text, span) => text + (evaluate(span.expression) ?? 'x') + span.literal.text,
      node.head.text,
    );
  };
  const walk = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
      const value = evaluate(node.initializer);
      if (value !== undefined) named.set(node.name.text, value);
    }
    if (ts.isStringLiteral(node) || ts.isTemplateExpression(node)) {
      const text = evaluate(node);
      if (text !== undefined && text.length > 8 && !text.includes('\n')) texts.add(text);
    }
    if (ts.isNoSubstitutionTemplateLiteral(node) && !node.text.includes('\n')) texts.add(node.text);
    node.forEachChild(walk);
  };
  for (const source of sources) walk(source);
  for (const source of sources) walk(source); // names that a later file gives
  const [prefix] = [named.get('P') ?? ''];
  return [...texts].flatMap((text) =>
    /^(?:[A-Z][a-z]{2} [ \d]\d |\d{4}-|<\d|\{|\[)/.test(text) ? [text] : [text, prefix + text],
  );
}

/** What the generator writes in both formats, attacks and normal life. */
export async function generatedLines(count: number): Promise<readonly string[]> {
  const generator = await createGenerator({
    seed: 7,
    rate: 20,
    mix: 'brute_force:4,anomalous_login:2,command_exec:2,port_scan:1,web_fuzz:1',
    hosts: 3,
    start: new Date(ARRIVAL_MS - 3_600_000),
    showAllFirst: true,
  });
  return Array.from({ length: count }, () => generator.next()).flatMap((event) => [
    event.line,
    toJsonLine(event),
  ]);
}

/** What files do to lines: cut, glued, repeated, filled with what is not ASCII. */
export function oddLines(lines: readonly string[]): readonly string[] {
  const failed =
    'Nov 21 03:40:00 web01 sshd[4]: Failed password for root from 203.0.113.7 port 4 ssh2';
  return [
    failed,
    'Nov 21 03:40:01 web01 last message repeated 3 times',
    'Nov 21 03:40:02 web01 sshd[4]: message repeated 2 times: [ Failed password for root from 203.0.113.7 port 4 ssh2]',
    '',
    ' ',
    '\ufeff' + failed,
    failed.replace('root', 'zoë'),
    failed.replace('root', '👾'),
    failed.replace('root', 'a\ufffdb'),
    failed.replace('root', 'x'.repeat(9000)),
    failed.replace('203.0.113.7', '::ffff:203.0.113.7'),
    failed.replace('203.0.113.7', 'fe80::1%eth0'),
    'Oct 25 02:30:00 web01 sshd[4]: Failed password for root from 203.0.113.7 port 4 ssh2',
    'Mar 29 02:30:00 web01 sshd[4]: Failed password for root from 203.0.113.7 port 4 ssh2',
    'Feb 29 02:30:00 web01 sshd[4]: Failed password for root from 203.0.113.7 port 4 ssh2',
    JSON.stringify({
      log_type: 'network',
      action: 'x',
      bytes: 9007199254740991,
      n: 1e300,
      u: '👾',
      d: { e: [1, 'a', null, { f: true }] },
    }),
    JSON.stringify({ log_type: 'web', action: 'x', '@timestamp': '2026-11-21T03:40:00.123+01:00' }),
    ...lines
      .filter((_, index) => index % 7 === 0)
      .flatMap((line) => [
        line.slice(0, line.length >> 1),
        line.slice(line.length >> 2),
        line.replace(/ /g, '\u00a0'),
        line.replace(/[aeiou]/g, 'é'),
        `${line} ${line}`,
      ]),
  ];
}

/** All lines of the corpora by the file they come from; none where the corpora are not at hand. */
export function corpusFiles(): readonly {
  readonly name: string;
  readonly lines: readonly string[];
}[] {
  if (!existsSync(CORPORA)) return [];
  const read = (file: string) =>
    readFileSync(path.join(CORPORA, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  const folders = (name: string) =>
    readdirSync(path.join(CORPORA, name), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${name}/${entry.name}/log.txt`)
      .filter((file) => existsSync(path.join(CORPORA, file)));
  return [
    ...readdirSync(path.join(CORPORA, 'lines')).map((name) => ({
      name: `lines/${name}`,
      lines: read(`lines/${name}`).map((text) => (JSON.parse(text) as { line: string }).line),
    })),
    ...[...folders('streams'), ...folders('scenarios')].map((name) => ({
      name,
      lines: read(name),
    })),
  ];
}

/** The whole table. */
export async function allCases(): Promise<readonly ShippedCase[]> {
  const texts = textsOfParserTests();
  const generated = await generatedLines(400);
  return [
    ...fileCases(texts, '/var/log/of-tests.log'),
    ...fileCases(generated, '/logs/events.json'),
    ...fileCases(oddLines([...texts, ...generated]), '/var/log/odd.log'),
    ...corpusFiles().flatMap(({ name, lines }) => fileCases(lines, `/corpora/${name}`)),
  ];
}
