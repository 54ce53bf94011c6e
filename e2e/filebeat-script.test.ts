/** The committed script of Filebeat is current, and in Node it makes the documents of the tailer's path. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildScript, SCRIPT } from '../scripts/build-filebeat.ts';
import { allCases, lineCase, tailedDocuments, type ShippedCase } from './filebeat-cases.ts';

const file = path.resolve(import.meta.dirname, '..', SCRIPT);

interface Script {
  readonly register: (parameters: Readonly<Record<string, string>>) => void;
  readonly run: (shipped: ShippedCase) => Readonly<Record<string, unknown>> | null;
}

interface ShippedTime {
  readonly UTC: () => ShippedTime;
  readonly UnixMicro: () => number;
  readonly Add: (nanoseconds: number) => ShippedTime;
  readonly AddDate: (years: number, months: number, days: number) => ShippedTime;
}

/** A time as Filebeat hands it over. */
function shippedTime(ms: number): ShippedTime {
  const time: ShippedTime = {
    UTC: () => time,
    UnixMicro: () => ms * 1000,
    Add: (nanoseconds) => shippedTime(ms + nanoseconds / 1_000_000),
    AddDate: (_years, _months, days) => shippedTime(ms + days * 86_400_000),
  };
  return time;
}

/** A session of the script, as Filebeat opens one for each file. */
function openSession(parameters: Readonly<Record<string, string>>): Script {
  let arrivalMs = 0;
  class FixedDate extends Date {
    static override now(): number {
      return arrivalMs;
    }
  }
  const globals = vm.createContext({ Date: FixedDate });
  vm.runInContext(readFileSync(file, 'utf8'), globals);
  const { process: run, register } = globals as unknown as {
    process: (event: unknown) => void;
    register: Script['register'];
  };
  register(parameters);
  return {
    register,
    run(shipped) {
      arrivalMs = shipped.arrivalMs;
      const fields: Record<string, unknown> = structuredClone(shipped.fields);
      let at = shippedTime(Date.parse(shipped.timestamp ?? new Date(arrivalMs).toISOString()));
      let isCancelled = false;
      run({
        fields,
        Get: (name: string) => {
          if (name === '@metadata._id') return shipped.id;
          if (name === '@timestamp') return at;
          return (
            name
              .split('.')
              .reduce<unknown>(
                (value, part) => (value as Record<string, unknown> | undefined)?.[part],
                fields,
              ) ?? null
          );
        },
        Put: (name: string, value: ShippedTime) => {
          if (name === '@timestamp') at = value;
        },
        Cancel: () => (isCancelled = true),
      });
      return isCancelled
        ? null
        : (JSON.parse(
            JSON.stringify({
              ...fields,
              '@timestamp': new Date(at.UnixMicro() / 1000).toISOString(),
            }),
          ) as Record<string, unknown>);
    },
  };
}

describe('the script of Filebeat', () => {
  let built = '';
  beforeAll(async () => {
    built = await buildScript();
  });

  it('is current: npm run build:filebeat writes it', () => {
    expect(readFileSync(file, 'utf8')).toBe(built);
  });

  it('has nothing of a newer language', () => {
    const newer: string[] = [];
    const walk = (node: ts.Node): void => {
      const isNewer =
        ts.isArrowFunction(node) ||
        ts.isClassLike(node) ||
        ts.isTemplateLiteral(node) ||
        ts.isSpreadElement(node) ||
        ts.isForOfStatement(node) ||
        ts.isShorthandPropertyAssignment(node) ||
        (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) !== 0);
      if (isNewer) newer.push(node.getText().slice(0, 80));
      node.forEachChild(walk);
    };
    walk(ts.createSourceFile('built.js', built, ts.ScriptTarget.Latest, true));
    expect(newer).toEqual([]);
    expect(built).toMatch(/^function process\(event\)/m);
    expect(built).toMatch(/^function register\(parameters\)/m);
  });

  it('makes the documents of the tailer of every line', async () => {
    const cases = await allCases();
    const wanted = tailedDocuments(cases, 'UTC');
    const session = openSession({ zone: 'UTC' });
    expect(cases.length).toBeGreaterThan(1500);
    expect(wanted.filter((document) => document !== null).length).toBeGreaterThan(1000);
    for (const [index, shipped] of cases.entries())
      expect({ line: shipped.fields['message'], document: session.run(shipped) }).toEqual({
        line: shipped.fields['message'],
        document: wanted[index],
      });
  });

  it('leaves out the zero bytes a crash left, and the mark at the start of a file', () => {
    const line =
      'Nov 21 03:40:00 web01 sshd[4]: Failed password for root from 203.0.113.7 port 4 ssh2';
    const { run } = openSession({ zone: 'UTC' });
    expect(run(lineCase(`\0\0\0${line}`, '/a', 7))).toMatchObject({ message: line, log_offset: 7 });
    expect(run(lineCase(`\ufeff${line}`, '/a', 0))).toMatchObject({ message: line });
    expect(run(lineCase('\0\0', '/a', 9))).toBeNull();
  });

  it('flags a line that was cut', () => {
    const { run } = openSession({ zone: 'UTC' });
    const { fields, ...rest } = lineCase('Nov 21 03:40:00 web01 sshd[4]: x', '/a', 0);
    const log = { ...(fields['log'] as object), flags: ['truncated'] };
    expect(run({ ...rest, fields: { ...fields, log } })?.['flags']).toEqual(['cut', 'ambiguous']);
  });

  it('gives its host to lines that name none', () => {
    const { run } = openSession({ zone: 'UTC', hostname: 'web07' });
    const line = '203.0.113.7 - - [21/Nov/2026:03:40:27 +0000] "GET / HTTP/1.1" 200 5 "-" "-"';
    expect(run(lineCase(line, '/a', 0))).toMatchObject({ hostname: 'web07' });
  });

  it('finds the client behind the proxies that are named, and reads nothing where a name is none', () => {
    const line =
      '10.0.0.5 - - [21/Nov/2026:03:40:27 +0000] "GET / HTTP/1.1" 200 5 "-" "-" "198.51.100.7, 203.0.113.7, 10.0.1.9"';
    for (const [trusted, client] of [
      ['', '10.0.0.5'],
      ['10.0.0.0/24, 10.0.1.9', '203.0.113.7'],
      ['192.0.2.1', '10.0.0.5'],
    ] as const) {
      const { run } = openSession({ zone: 'UTC', trusted_proxies: trusted });
      expect([trusted, run(lineCase(line, '/a', 0))?.['source_ip']]).toEqual([trusted, client]);
    }
    expect(() => openSession({ zone: 'UTC', trusted_proxies: '10.0.0.0/24,proxy' })).toThrow(
      /^TRUSTED_PROXIES .*"proxy" is not one$/,
    );
  });

  it('marks every line of the files of the self-test, and a line of no other that pretends', () => {
    const failed =
      '2026-11-21T11:59:58.123000+00:00 mini-soc-self-test sshd[4000]: Failed password for invalid user mini-soc-self-test from 192.0.2.7 port 40000 ssh2';
    const own = openSession({ zone: 'UTC', self_test: 'true' });
    expect(own.run(lineCase(failed, '/a', 0))).toMatchObject({
      source_ip: '192.0.2.7',
      flags: ['self_test'],
    });
    expect(own.run(lineCase('not understood', '/a', 200))).toEqual({
      '@timestamp': '2026-11-21T12:00:00.000Z',
      ingested_at: '2026-11-21T12:00:00.000Z',
      event_id: '/a:200',
      message: 'not understood',
      log_type: 'system',
      action: 'unknown',
      status: 'info',
      log_file: '/a',
      log_offset: 200,
      flags: ['self_test'],
    });
    const other = openSession({ zone: 'UTC' });
    const pretends = JSON.stringify({
      '@timestamp': '2026-11-21T11:59:58Z',
      action: 'ssh_login',
      source_ip: '192.0.2.7',
      flags: ['self_test'],
      self_test: 'true',
    });
    for (const [index, line] of [failed, pretends].entries()) {
      const document = other.run(lineCase(line, '/b/mini-soc-self-test-a.log', index * 200));
      expect(document).toMatchObject({ source_ip: '192.0.2.7' });
      expect(document).not.toHaveProperty('flags');
    }
  });

  it('refuses a zone that Filebeat was not started with', () => {
    expect(() => openSession({ zone: 'Asia/Kolkata', process_zone: 'UTC' })).toThrow(
      /^LOG_TIME_ZONE .*"Asia\/Kolkata", TZ is "UTC"$/,
    );
  });
});
