import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { LIMITS, type IpAddress, type LimitName } from '@mini-soc/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ip, makeFolder, removeFolder } from '../../test/response-fixture.ts';
import { openToldAddresses, type ToldAddresses } from './told-addresses.ts';

let folder: string;
const opened: ToldAddresses[] = [];
const limits: [LimitName, number | undefined][] = [];
beforeEach(async () => {
  folder = await makeFolder();
  limits.length = 0;
});
afterEach(async () => {
  for (const told of opened.splice(0)) await told.close();
  await removeFolder(folder);
});

/** As after kill -9: the one before is not closed. */
async function open(ledger = 'ledger.ndjson', point = 'cloud'): Promise<ToldAddresses> {
  const told = await openToldAddresses({
    directory: folder,
    point,
    ledger,
    onLimit: (name, times) => void limits.push([name, times]),
  });
  opened.push(told);
  return told;
}
const files = () => readdir(path.join(folder, 'points'));
const A = ip('203.0.113.1');
const B = ip('2001:db8::1');
const many = (count: number): readonly IpAddress[] =>
  Array.from({ length: count }, (_none, n) => ip(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`));

describe('openToldAddresses()', () => {
  it('openToldAddresses() remembers over a restart what was added and not removed', async () => {
    const told = await open();
    await told.add([A, B]);
    await told.remove([A]);
    expect([told.has(A), told.has(B)]).toEqual([false, true]);
    expect([...(await open()).all()]).toEqual([B]);
  });

  it('openToldAddresses() keeps points apart', async () => {
    await (await open()).add([A]);
    expect([...(await open('ledger.ndjson', 'other')).all()]).toEqual([]);
  });

  it('openToldAddresses() goes on with the last notes under the name of the next ledger', async () => {
    await (await open()).add([A]);
    const second = await open('ledger.000000000002.ndjson');
    await second.add([B]);
    const third = await open('ledger.000000000010.ndjson');
    await second.remove([A, B]); // a process that lost the lease
    expect([...third.all()]).toEqual([A, B]);
    expect([...(await open('ledger.000000000010.ndjson')).all()]).toEqual([A, B]);
    expect(await files()).toEqual(['cloud.ledger.000000000010.ndjson']);
  });

  it('openToldAddresses() writes its file anew when most of it is over', async () => {
    const addresses = many(20_000);
    const told = await open();
    const file = path.join(folder, 'points', 'cloud.ledger.ndjson');
    let [largest, last] = [0, 0];
    while (last >= largest) {
      largest = last;
      await told.add(addresses);
      await told.remove(addresses.slice(1));
      last = (await stat(file)).size;
    }
    expect(last).toBeLessThan(200);
    expect(largest).toBeGreaterThan(LIMITS.journal_slack_bytes.value / 2);
    const again = await open();
    expect([...again.all()]).toEqual([addresses[0]]);
    expect(limits).toEqual([]);
  });

  it('openToldAddresses() forgets the oldest beyond its limit, and says so', async () => {
    const most = LIMITS.point_addresses.value;
    const told = await open();
    await told.add(many(most));
    await told.add([A, B]);
    expect(limits).toEqual([['point_addresses', 2]]);
    expect([told.has(ip('10.0.0.0')), told.has(ip('10.0.0.2')), told.has(B)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('openToldAddresses() says in one sentence that it cannot use the folder', async () => {
    folder = path.join(folder, 'ledger\0');
    await expect(open()).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/^Cannot open the notes on the point "cloud" in /),
    });
    folder = path.dirname(folder);
  });
});
