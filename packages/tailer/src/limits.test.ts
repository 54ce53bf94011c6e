import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTailer } from './tailer.ts';

describe('limits of the tailer', () => {
  it('createTailer() tells when it cuts a line', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'soc-tailer-'));
    const file = path.join(folder, 'a.log');
    writeFileSync(file, `short\n${'x'.repeat(200)}\n`);
    const told: string[] = [];
    const tailer = createTailer({
      patterns: [file],
      registryPath: path.join(folder, 'registry.json'),
      onBatch: async () => undefined,
      onProblem: () => undefined,
      onLimit: (name) => told.push(name),
      now: () => new Date(),
      maxLineBytes: 100,
    });
    await tailer.poll();
    await tailer.stop();
    expect(told).toEqual(['line_bytes']);
    expect(tailer.stats().cutLines).toBe(1);
  });
});
