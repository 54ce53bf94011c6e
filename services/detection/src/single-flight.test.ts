import { describe, expect, it } from 'vitest';
import { createSingleFlight } from './single-flight.ts';

function createGate() {
  const releases: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const flight = createSingleFlight(async () => {
    running += 1;
    most = Math.max(most, running);
    const number = releases.length + 1;
    await new Promise<void>((resolve) => releases.push(resolve));
    running -= 1;
    if (number === 13) throw new Error('unlucky');
    return number;
  });
  return {
    flight,
    release: (index: number) => releases[index]?.(),
    started: () => releases.length,
    most: () => most,
  };
}

describe('createSingleFlight()', () => {
  it('createSingleFlight() makes any number of requests during a run exactly one more run', async () => {
    const gate = createGate();
    const first = gate.flight.run();
    const others = [gate.flight.run(), gate.flight.run(), gate.flight.run()];
    gate.release(0);
    expect(await first).toBe(1);
    await Promise.resolve();
    gate.release(1);
    expect(await Promise.all(others)).toEqual([2, 2, 2]);
    expect(gate.started()).toBe(2);
    await gate.flight.settled();
  });

  it('createSingleFlight() never overlaps, also for a request between two runs', async () => {
    const gate = createGate();
    const runs = [gate.flight.run(), gate.flight.run()];
    for (let index = 0; index < 6; index += 1) {
      gate.release(index);
      // Requests at every point in time around the end of a run.
      for (let tick = 0; tick < 8; tick += 1) {
        runs.push(gate.flight.run());
        await Promise.resolve();
      }
    }
    for (let index = 0; index < 12; index += 1) {
      gate.release(index);
      for (let tick = 0; tick < 10; tick += 1) await Promise.resolve();
    }
    await Promise.all(runs);
    expect(gate.most()).toBe(1);
  });

  it('createSingleFlight() goes on after a failure', async () => {
    let calls = 0;
    const flight = createSingleFlight(async () => {
      calls += 1;
      if (calls === 1) throw new Error('first');
      return calls;
    });
    const first = flight.run();
    const second = flight.run();
    await expect(first).rejects.toThrow('first');
    expect(await second).toBe(2);
  });
});
