import { describe, expect, it } from 'vitest';
import {
  createLexicalIndex,
  findTechnique,
  TECHNIQUES,
  techniquesOfTags,
  wordsOf,
} from './index.ts';

describe('TECHNIQUES', () => {
  it('describe at least 40 techniques, each once, with a tactic and a link', () => {
    expect(TECHNIQUES.length).toBeGreaterThanOrEqual(40);
    expect(new Set(TECHNIQUES.map((technique) => technique.id)).size).toBe(TECHNIQUES.length);
    for (const technique of TECHNIQUES) {
      expect(technique.id).toMatch(/^T\d{4}(\.\d{3})?$/);
      expect(technique.tactics.length).toBeGreaterThan(0);
      expect(technique.url).toMatch(
        /^https:\/\/attack\.mitre\.org\/techniques\/T\d{4}(\/\d{3})?\/$/,
      );
      expect(technique.description.length).toBeGreaterThan(20);
    }
  });
});

describe('techniquesOfTags()', () => {
  it('finds declared techniques in their order and passes over other tags', () => {
    expect(
      techniquesOfTags([
        'attack.credential-access',
        'attack.t1110.001',
        'cve.2021-1',
        'attack.T1078',
      ]).map((t) => t.id),
    ).toEqual(['T1110.001', 'T1078']);
  });

  it('falls back to the parent of an unknown sub-technique', () => {
    expect(findTechnique('T1110.999')?.id).toBe('T1110');
    expect(findTechnique('T9999')).toBeUndefined();
  });
});

describe('createLexicalIndex()', () => {
  const index = createLexicalIndex();
  it.each([
    ['repeated failed ssh passwords for root from one address', 'T1110.001'],
    ['login succeeded after several failures at night', 'T1078'],
    ['base64 -d of a hidden payload', 'T1140'],
    ['nmap port scan seen by the firewall', 'T1046'],
    ['hundreds of 404 answers: directory fuzzing with gobuster', 'T1595.003'],
    ['cat /etc/shadow', 'T1003.008'],
    ['wget http://example.net/payload', 'T1105'],
    ['crontab -e by an unknown user', 'T1053.003'],
  ])('%s → %s among the first three', async (text, id) => {
    const found = await index.search(text, 3);
    expect(found.map((match) => match.technique.id)).toContain(id);
  });

  it('gives confidences from 0 to 1, best first, and nothing for words it does not know', async () => {
    const found = await index.search('failed ssh login', 10);
    const confidences = found.map((match) => match.confidence);
    expect(confidences).toEqual(confidences.toSorted((a, b) => b - a));
    expect(Math.max(...confidences)).toBeLessThanOrEqual(1);
    expect(await index.search('zzzz qqqq', 3)).toEqual([]);
    expect(await index.search('', 3)).toEqual([]);
  });
});

describe('wordsOf()', () => {
  it('meets plural and other endings, splits names of rules and leaves out that they are rules', () => {
    expect(wordsOf('scans scanning scanned')).toEqual(['scan', 'scan', 'scan']);
    expect(wordsOf('BruteForceRule')).toEqual(['brute', 'force']);
  });
});
