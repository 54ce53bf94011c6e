import { describe, expect, it } from 'vitest';
import {
  ALL_TECHNIQUES,
  createLexicalIndex,
  examplesOf,
  findTechnique,
  formerIdOf,
  isSameFamily,
  tacticsOfTags,
  TECHNIQUES,
  techniquesOfTags,
  wordsOf,
} from './index.ts';

describe('TECHNIQUES', () => {
  it('describe all 691 techniques, each once, with a tactic and a link', () => {
    expect(TECHNIQUES).toHaveLength(691);
    expect(new Set(TECHNIQUES.map((technique) => technique.description)).size).toBe(691);
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

  it('knows ids of version 19, and keeps one that nobody knows', () => {
    const [successor, unknown] = techniquesOfTags(['attack.t1685.004', 'attack.t9999']);
    expect(successor).toMatchObject({
      id: 'T1685.004',
      tactics: [{ id: 'TA0112', name: 'Defense Impairment' }],
    });
    expect(successor?.description).toBe(findTechnique('T1562.012')?.description);
    expect(unknown).toMatchObject({ id: 'T9999', tactics: [], description: '' });
    expect(
      tacticsOfTags(['attack.stealth', 'attack.credential_access', 'attack.nothing', 'tlp.red']),
    ).toEqual([
      { id: 'TA0005', name: 'Stealth' },
      { id: 'TA0006', name: 'Credential Access' },
    ]);
  });

  it('says of which former technique each successor is', () => {
    const successors = ALL_TECHNIQUES.filter(({ id }) => formerIdOf(id) !== id);
    expect(successors.length).toBeGreaterThan(15);
    for (const { id, description } of successors) {
      expect(TECHNIQUES.map((technique) => technique.id)).toContain(formerIdOf(id));
      expect(description).not.toBe('');
    }
    expect(isSameFamily('T1685.006', 'T1070.002')).toBe(true);
    expect(isSameFamily('T1110', 'T1110.003')).toBe(true);
    expect(isSameFamily('T1110.001', 'T1110.003')).toBe(false);
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

describe('examplesOf()', () => {
  it('takes texts with techniques of the catalogue, by their former ids, each technique once', () => {
    const text = (title: string, ...tags: readonly string[]) => ({ title, description: 'd', tags });
    expect(
      examplesOf(
        [
          text('logs gone', 'attack.t1685.006', 'attack.t1070.002'),
          text('no technique', 'attack.impact'),
          text('unknown', 'attack.t9999'),
          text('second', 'attack.T1110'),
          text('third', 'attack.t1046'),
        ],
        2,
      ),
    ).toEqual([
      { text: 'logs gone. d', techniques: ['T1070.002'] },
      { text: 'second. d', techniques: ['T1110'] },
    ]);
  });
});

describe('wordsOf()', () => {
  it('meets plural and other endings, splits names of rules and leaves out that they are rules', () => {
    expect(wordsOf('scans scanning scanned')).toEqual(['scan', 'scan', 'scan']);
    expect(wordsOf('BruteForceRule')).toEqual(['brute', 'force']);
  });
});
