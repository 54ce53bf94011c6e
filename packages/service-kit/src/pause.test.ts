import { describe, expect, it } from 'vitest';
import { pause } from './pause.ts';

const LONG_MS = 3_600_000;

describe('pause()', () => {
  it('pause() ends after its time', async () => {
    expect(await pause(1, new AbortController().signal)).toBeUndefined();
  });

  it('pause() ends when the signal is aborted, before or meanwhile', async () => {
    const controller = new AbortController();
    const waiting = pause(LONG_MS, controller.signal);
    controller.abort();
    expect(await waiting).toBeUndefined();
    expect(await pause(LONG_MS, controller.signal)).toBeUndefined();
  });
});
