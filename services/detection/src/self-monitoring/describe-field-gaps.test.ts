import path from 'node:path';
import { loadRules, type Rule } from '@mini-soc/sigma';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeFieldGaps } from './describe-field-gaps.ts';

let rules: readonly Rule[];
beforeAll(async () => {
  rules = await loadRules({
    directory: path.resolve(import.meta.dirname, '../../../../rules'),
    overrides: [],
  });
});

const gap = (field: string, index = 'soc-logs-2026.11.21') => ({
  index,
  field,
  reason: 'it is text there, and keyword now',
});

describe('describeFieldGaps()', () => {
  it('describeFieldGaps() names each rule that needs the field, the field and the index', () => {
    const part = describeFieldGaps(rules, {
      fieldGaps: [gap('source_ip.keyword'), gap('source_ip.keyword', 'soc-logs-2026.11.22')],
    });
    expect(part?.isWell).toBe(false);
    expect(part?.state).toContain(
      'BruteForceRule misses events by source_ip in soc-logs-2026.11.21 and 1 more: it is text there, and keyword now',
    );
  });

  it('describeFieldGaps() asks for nobody when no rule needs the field, and says nothing without gaps', () => {
    expect(describeFieldGaps(rules, { fieldGaps: [gap('source_zone')] })).toEqual({
      state: 'not as the model wants them, but no rule needs them: source_zone',
      isWell: true,
    });
    expect(describeFieldGaps(rules, { fieldGaps: [] })).toBeUndefined();
    expect(describeFieldGaps(rules, {})).toBeUndefined();
  });

  it('describeFieldGaps() says that a newer version has the templates', () => {
    expect(describeFieldGaps(rules, { leftAlone: 'they are newer' })).toEqual({
      state: 'they are newer',
      isWell: false,
    });
  });
});
