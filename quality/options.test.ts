import { describe, expect, it } from 'vitest';
import { qualityUsage, readQualityOptions } from './options.ts';

const PARTS = ['generated-day', 'demo'];

describe('readQualityOptions()', () => {
  it('readQualityOptions() takes what the usage names, and all parts by default', () => {
    expect(readQualityOptions(['--help'], PARTS)).toMatchObject({ help: true, only: undefined });
    expect(readQualityOptions(['--only', 'demo', '--seed', '7', '--logs', 'x'], PARTS)).toEqual({
      help: false,
      check: false,
      write: false,
      only: ['demo'],
      seed: 7,
      logs: 'x',
    });
    for (const option of ['only', 'seed', 'logs', 'check', 'write', 'help'])
      expect(qualityUsage(PARTS)).toContain(`--${option} `);
  });

  it.each([
    [['--halp'], /--halp/],
    [
      ['--only', 'dmeo'],
      /^Option --only expects parts \(generated-day, demo\): current value is "dmeo"$/,
    ],
    [['--seed', 'x'], /^Option --seed expects a whole number: current value is "x"$/],
    [['--seed', '7', '--check'], /^The floor is that of seed 1: current value is 7$/],
  ])('readQualityOptions() refuses %j in a sentence', (given, sentence) => {
    expect(() => readQualityOptions(given, PARTS)).toThrow(sentence);
  });
});
