import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '@mini-soc/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createClock,
  makeFolder,
  openLedgerOf,
  removeFolder,
} from '../../test/response-fixture.ts';
import { decodeJournal } from '../../test/decode-journal.ts';
import { encodeEntry } from './journal-lines.ts';
import { LEDGER_VERSION } from './ledger-version.ts';

let folder: string;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(async () => {
  await removeFolder(folder);
});

const file = () => path.join(folder, 'ledger.ndjson');
const open = () => openLedgerOf(folder, createClock(), { boot: undefined });
const entries = async () => decodeJournal(await readFile(file()), 'l').entries;

describe('openLedger() and the form of the ledger', () => {
  it('begins a new ledger with its number', async () => {
    await (await open()).close();
    expect(await entries()).toMatchObject([{ kind: 'version', version: LEDGER_VERSION }]);
  });

  it('refuses a newer one in one sentence and leaves every byte, a cut line too', async () => {
    const bytes = Buffer.concat([
      encodeEntry({ kind: 'version', version: 99, product: '9.0.0' }),
      encodeEntry({ kind: 'decision', shape: 'of tomorrow' }),
      Buffer.from('{"sum":"cut'),
    ]);
    await writeFile(file(), bytes);
    const refused = open();
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      /^Cannot open the ledger ".*": it has form 99, written by mini-SOC 9\.0\.0, this version knows forms up to 1 \([^\n]*\)$/,
    );
    expect((await readFile(file())).equals(bytes)).toBe(true);
  });

  it('keeps entries of kinds it does not know through a rewrite, and calls them no damage', async () => {
    const foreign = { kind: 'quarantine', source_ip: '203.0.113.9', until_ms: 5 };
    await writeFile(
      file(),
      Buffer.concat([
        encodeEntry({ kind: 'allow', range: '198.51.100.0/24' }),
        encodeEntry(foreign),
        encodeEntry({ kind: 'decision', decision: 'damaged' }),
      ]),
    );
    const ledger = await open(); // the damaged entry makes it rewrite
    expect(ledger.problems).toHaveLength(1);
    await ledger.close();
    expect(await entries()).toMatchObject([
      { kind: 'version', version: LEDGER_VERSION },
      foreign,
      { kind: 'allow', range: '198.51.100.0/24' },
    ]);
    expect((await open()).problems).toEqual([]);
  });
});
