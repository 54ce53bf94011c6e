import { describe, expect, it } from 'vitest';
import { ip } from '../../test/response-fixture.ts';
import { createSimulateBlocker } from './simulate.ts';

describe('createSimulateBlocker()', () => {
  it('createSimulateBlocker() says what would have been run, for both families', async () => {
    const blocker = createSimulateBlocker();
    expect(blocker.isSimulated).toBe(true);
    expect(await blocker.block(ip('203.0.113.7'), 3_599_001)).toBe(
      '[SIMULATED] nft add element inet mini_soc blocked4 { 203.0.113.7 timeout 3600s }',
    );
    expect(await blocker.unblock([ip('2001:DB8::1')])).toEqual([
      '[SIMULATED] nft delete element inet mini_soc blocked6 { 2001:db8::1 }',
    ]);
  });
});
