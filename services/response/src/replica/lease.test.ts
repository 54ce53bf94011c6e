import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClock, makeFolder, removeFolder, type Clock } from '../../test/response-fixture.ts';
import { openLease, type Lease } from './lease.ts';

let folder: string;
let clock: Clock;
beforeEach(async () => {
  folder = await makeFolder();
  clock = createClock();
});
afterEach(() => removeFolder(folder));

const open = (name: string): Promise<Lease> =>
  openLease({
    directory: path.join(folder, 'lease'),
    url: `http://${name}:8001`,
    patienceMs: 4000,
    monotonicMs: clock.monotonicMs,
  });
/** Looks as often as a process that stands by for so many seconds. */
async function wait(lease: Lease, seconds: number): Promise<number | undefined> {
  for (let second = 0; second < seconds; second += 1) {
    const epoch = await lease.tryToTake(1);
    if (epoch !== undefined) return epoch;
    clock.advance(1000);
  }
  return undefined;
}
const lost = { code: 'LEASE_LOST', retryable: true };

describe('openLease()', () => {
  it('openLease() gives the lease to the first at once, and to nobody else', async () => {
    const [a, b] = [await open('a'), await open('b')];
    expect(await a.tryToTake(1)).toBe(1);
    await a.assertHeld();
    expect(await b.tryToTake(1)).toBeUndefined();
    expect(b.holderUrl()).toBe('http://a:8001');
    await expect(b.assertHeld()).rejects.toMatchObject(lost);
  });

  it('openLease() gives it to one of many that try at the same time', async () => {
    const leases = await Promise.all(Array.from({ length: 20 }, (_none, n) => open(`n${n}`)));
    const taken = await Promise.all(leases.map((lease) => lease.tryToTake(1)));
    expect(taken.filter((epoch) => epoch !== undefined)).toEqual([1]);
  });

  it('openLease() leaves it with a holder that renews it', async () => {
    const [a, b] = [await open('a'), await open('b')];
    await a.tryToTake(1);
    for (let second = 0; second < 20; second += 1) {
      await a.renew();
      expect(await wait(b, 1)).toBeUndefined();
    }
    await a.assertHeld();
  });

  it('openLease() takes it from a holder that is gone, whatever the clocks say', async () => {
    const [a, b] = [await open('a'), await open('b')];
    await a.tryToTake(1);
    clock.set(0);
    expect(await wait(b, 4)).toBeUndefined();
    expect(await wait(b, 2)).toBe(2);
    await b.assertHeld();
    await expect(a.assertHeld()).rejects.toMatchObject(lost);
    await a.renew();
    await a.release();
    await b.assertHeld();
    expect(await readdir(path.join(folder, 'lease'))).toEqual(['000000000002.json']);
  });

  it('openLease() does not take it after a pause of everybody', async () => {
    const [a, b] = [await open('a'), await open('b')];
    await a.tryToTake(1);
    await wait(b, 1);
    clock.advance(3_600_000);
    expect(await b.tryToTake(1)).toBeUndefined();
    await a.renew();
    expect(await wait(b, 3)).toBeUndefined();
  });

  it('openLease() passes it on at once when it was released', async () => {
    const [a, b] = [await open('a'), await open('b')];
    await a.tryToTake(1);
    await a.release();
    await expect(a.assertHeld()).rejects.toMatchObject(lost);
    expect(await b.tryToTake(1)).toBe(2);
  });

  it('openLease() gives it to nobody who created an epoch that is over', async () => {
    const [slow, b] = [await open('slow'), await open('b')];
    expect(await b.tryToTake(7)).toBe(7);
    await rm(path.join(folder, 'lease', '000000000007.json'));
    await writeFile(
      path.join(folder, 'lease', '000000000009.json'),
      '{"url":"http://c:1","released":true}',
    );
    // It saw nothing and creates 1 while 9 is there: found out after the creation.
    await writeFile(path.join(folder, 'lease', '000000000010.json'), '{}');
    expect(await slow.tryToTake(1)).toBeUndefined();
    await expect(slow.assertHeld()).rejects.toMatchObject(lost);
  });

  it('openLease() counts a claim nobody can read as held until it has not moved for long', async () => {
    const lease = await open('a');
    await writeFile(path.join(folder, 'lease', '000000000003.json'), '{"url":"ftp://x","relea');
    expect(await wait(lease, 4)).toBeUndefined();
    expect(lease.holderUrl()).toBeUndefined();
    expect(await wait(lease, 2)).toBe(4);
  });

  it('openLease() says in one sentence that its folder cannot be used', async () => {
    await mkdir(path.join(folder, 'x'));
    await writeFile(path.join(folder, 'lease'), '');
    await expect(open('a')).rejects.toMatchObject({ code: 'USAGE' });
  });
});
