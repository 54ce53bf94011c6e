import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSpaceReserve } from './space-reserve.ts';

const newFolder = () => mkdtempSync(path.join(tmpdir(), 'soc-reserve-'));

describe('createSpaceReserve()', () => {
  it('holds 4 MiB that are really on the disk, gives them up once, and makes them again', async () => {
    const folder = newFolder();
    const reserve = await createSpaceReserve(folder);
    const { size, blocks } = statSync(path.join(folder, 'ledger.reserve'));
    expect([size, blocks * 512 >= size]).toEqual([4 * 1_048_576, true]);
    expect(await reserve.giveUp()).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
    expect(await reserve.giveUp()).toBe(false);
    await reserve.restore();
    expect(await reserve.giveUp()).toBe(true);
    reserve.stop();
  });

  it('is not made where the disk has little room, or cannot be written', async () => {
    const folder = newFolder();
    for (const reserve of [
      await createSpaceReserve(folder, Number.MAX_SAFE_INTEGER),
      await createSpaceReserve(path.join(folder, 'missing')),
    ]) {
      expect(await reserve.giveUp()).toBe(false);
      reserve.stop();
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});
