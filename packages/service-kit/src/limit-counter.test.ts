import { describe, expect, it } from 'vitest';
import { Registry } from 'prom-client';
import { createLimitCounter } from './limit-counter.ts';

describe('createLimitCounter()', () => {
  it('createLimitCounter() shows the limits of its parts from the start, with 0', async () => {
    const registry = new Registry();
    createLimitCounter(registry, ['console']);
    expect(await registry.metrics()).toContain('soc_limit_hits_total{limit="sessions"} 0');
    expect(await registry.metrics()).not.toContain('stream_clients');
  });

  it('createLimitCounter() counts, also under the name of another limit, and tells', async () => {
    const registry = new Registry();
    const told: string[] = [];
    createLimitCounter(registry, ['tailer']);
    const hit = createLimitCounter(registry, ['parsers'], (name, times) =>
      told.push(`${name} ${times}`),
    );
    hit('line_bytes', 3);
    hit('extra_depth');
    const text = await registry.metrics();
    expect(text).toContain('soc_limit_hits_total{limit="line_bytes"} 3');
    expect(text).toContain('soc_limit_hits_total{limit="extra_fields"} 1');
    expect(told).toEqual(['line_bytes 3', 'extra_depth 1']);
  });
});
