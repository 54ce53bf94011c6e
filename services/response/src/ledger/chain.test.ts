import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hash } from 'node:crypto';
import type { Block } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { judgeTrail } from '../respond/verify-audit.ts';
import { openJournal } from './journal.ts';
import { NO_TRAIL, headOf, stampDocument } from './trail-chain.ts';
import { verifyLedger } from './verify-ledger.ts';

async function written(): Promise<{ file: string; lines: string[] }> {
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'soc-chain-')), 'ledger.ndjson');
  const { journal } = await openJournal(file, () => undefined);
  for (let n = 1; n <= 6; n += 1) await journal.append([{ kind: 'allow', range: `192.0.2.${n}` }]);
  await journal.close();
  return { file, lines: (await readFile(file, 'utf8')).trimEnd().split('\n') };
}
const breakOf = async (file: string, lines: readonly string[]) => {
  await writeFile(file, `${lines.join('\n')}\n`);
  return (await verifyLedger(file)).firstBreak;
};
/** With a sum of its own that fits, as whoever knows the format would. */
function forged(line: string): string {
  const entry = /"entry":(.*)\}$/.exec(line)?.[1]?.replace('192.0.2.', '203.0.113.') ?? '';
  const sum = hash('sha256', entry, 'base64url').slice(0, 12);
  return `{"sum":"${sum}","bytes":${Buffer.byteLength(entry)},"entry":${entry}}`;
}

describe('verifyLedger()', () => {
  it('verifyLedger() names the first entry after what was taken out, changed, moved or put in (N52)', async () => {
    const { file, lines } = await written();
    expect(await breakOf(file, lines)).toBeUndefined();
    expect(await breakOf(file, [...lines.slice(0, 2), ...lines.slice(5)])).toMatch(/^Entry 3 /);
    expect(await breakOf(file, lines.with(3, forged(lines[3] ?? '')))).toMatch(/^Entry 4 /);
    expect(await breakOf(file, lines.toSpliced(1, 0, lines[0] ?? ''))).toMatch(/^Entry 2 /);
    expect(await breakOf(file, lines.slice(1))).toMatch(/^Entry 1 /);
  });

  it('verifyLedger() follows the chain over a rewrite', async () => {
    const { file } = await written();
    const { journal } = await openJournal(file, () => undefined);
    await journal.rewrite([{ kind: 'allow', range: '192.0.2.9' }], undefined, (after) => [
      { kind: 'version', version: 1, product: 'test', after },
    ]);
    await journal.append([{ kind: 'allow', range: '192.0.2.10' }]);
    await journal.close();
    expect(await verifyLedger(file)).toMatchObject({ entries: 3, firstBreak: undefined });
  });
});

describe('judgeTrail()', () => {
  const documents: Block[] = [];
  let head = NO_TRAIL;
  for (let n = 1; n <= 5; n += 1) {
    const document = stampDocument(
      {
        '@timestamp': '2026-03-01T12:00:00.000Z',
        block_id: `b${n}`,
        kind: 'blocked',
        action_taken: 'x',
        details: { n },
      },
      head,
      '',
    );
    head = headOf(document, head);
    documents.push(document);
  }
  const links = new Map(documents.map((one, n) => [n + 1, headOf(one, NO_TRAIL).link]));
  const disk = { trail: head, trailBefore: NO_TRAIL, documents: links };

  it('judgeTrail() finds a document that was taken out, changed, or cut off the end (N52)', () => {
    expect(judgeTrail(documents, disk).first_break).toBeUndefined();
    expect(judgeTrail(documents.toSpliced(2, 1), disk).first_break).toMatch(/Document 3 .*missing/);
    expect(judgeTrail(documents.slice(0, 4), disk).first_break).toMatch(/Document 5 .*missing/);
    const changed = documents.map((one, n) =>
      n === 1 ? { ...one, source_ip: '203.0.113.9' } : one,
    );
    expect(judgeTrail(changed, disk).first_break).toMatch(/^Document 2 /);
  });

  it('judgeTrail() finds a ledger that was cut behind the trail', () => {
    const cut = { ...disk, documents: new Map([...links].slice(0, 3)) };
    expect(judgeTrail(documents, cut).first_break).toMatch(/Document 4 .*no entry in the ledger/);
  });
});
