/**
 * How often is the right technique first, or among the first three? By words, by vectors and by both; without
 * labelled examples, with our own rules and with half of Sigma's rules as examples; on the 25 kinds of alert in
 * ../shared/reference/attack and on Sigma's rules for Linux, the web, the network and applications (title and
 * description; labels are the tags of their authors, ids of ATT&CK 19 by the ones they had before). Weights
 * are chosen and confidences fitted on the even half of the rules; the odd half and the kinds are what counts.
 *
 * At the end: how often a technique shown with a confidence was right; and the fit itself, for rank.ts.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createLexicalIndex,
  examplesOf,
  order,
  textOf,
  TECHNIQUES,
  VECTOR_WEIGHT,
  type Embedder,
  type Evidence,
  type Found,
  type LabelledExample,
  type TaggedText,
  type WordIndex,
} from '@mini-soc/attack';
import { startEmbedder } from '@mini-soc/attack/embed';
import { readRuleTexts } from '@mini-soc/sigma';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const REFERENCE = path.join(ROOT, '../shared/reference');
const VECTORS = path.join(ROOT, 'services/enricher/vectors');
const SIGMA = ['linux', 'web', 'network', 'application'];
const MANY = 10_000;

interface Query {
  readonly text: string;
  readonly techniques: readonly string[];
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function readKinds(): readonly Query[] {
  const kindSchema = z.object({ query: z.string(), techniques: z.array(z.string()) });
  return readFileSync(path.join(REFERENCE, 'attack/alert-kinds.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => kindSchema.parse(JSON.parse(line)))
    .map(({ query, techniques }) => ({ text: query, techniques }));
}

async function readHalves(
  folders: readonly string[],
): Promise<Record<'even' | 'odd', TaggedText[]>> {
  const halves: Record<'even' | 'odd', TaggedText[]> = { even: [], odd: [] };
  for (const folder of folders) {
    const { texts } = await readRuleTexts(path.join(REFERENCE, 'sigma', folder), MANY);
    for (const text of texts) {
      const digest = createHash('sha256').update(`${text.title}. ${text.description}`).digest();
      halves[digest.readUInt32BE(0) % 2 === 0 ? 'even' : 'odd'].push(text);
    }
  }
  return halves;
}

type Search = (query: Query) => Promise<readonly Found[]>;

function searchOf(words: WordIndex, embed: Embedder['embed'], weight: number): Search {
  const { techniques, examples } = words;
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  return async ({ text }) => {
    const { shares, exampleShares } = words.weigh(text);
    const evidence: Evidence = { techniques, examples, shares, exampleShares };
    if (weight === 0) return order(evidence, techniques.length);
    const vector = await embed(text);
    const cosines = async (texts: readonly string[]): Promise<readonly number[]> =>
      Promise.all(texts.map(async (other) => dot(await embed(other), vector)));
    return order(
      {
        ...evidence,
        cosines: await cosines(techniques.map(textOf)),
        exampleCosines: await cosines(examples.map((example) => example.text)),
        vectorWeight: weight,
      },
      techniques.length,
    );
  };
}

async function score(search: Search, queries: readonly Query[]): Promise<string> {
  let [top1, top3, mrr] = [0, 0, 0];
  for (const query of queries) {
    const found = await search(query);
    const place = found.findIndex((match) => query.techniques.includes(match.technique.id));
    if (place === 0) top1 += 1;
    if (place >= 0 && place < 3) top3 += 1;
    if (place >= 0) mrr += 1 / (place + 1);
  }
  const percent = (n: number): string => `${((100 * n) / queries.length).toFixed(1)} %`.padStart(8);
  return `${percent(top1)} ${percent(top3)} ${(mrr / queries.length).toFixed(3)}`;
}

interface Case extends Found {
  readonly isRight: boolean;
}

/** The first three of each query, with whether they are right. */
async function casesOf(search: Search, queries: readonly Query[]): Promise<readonly Case[]> {
  const cases: Case[] = [];
  for (const query of queries)
    for (const found of (await search(query)).slice(0, 3))
      cases.push({ ...found, isRight: query.techniques.includes(found.technique.id) });
  return cases;
}

const featuresOf = (found: Found): readonly number[] => [
  1,
  found.likeness,
  found.closeness,
  Math.sqrt(found.support),
];

/** Logistic regression by Newton's steps, with a little ridge. */
function fit(cases: readonly Case[]): readonly number[] {
  const rows = cases.map((one) => ({ x: featuresOf(one), y: one.isRight ? 1 : 0 }));
  let weights: readonly number[] = [0, 0, 0, 0];
  for (let step = 0; step < 50; step += 1) {
    const gradient = weights.map((value) => 0.01 * value);
    const curvature = weights.map((_, i) => weights.map((__, j) => (i === j ? 0.01 : 0)));
    for (const { x, y } of rows) {
      const chance = chanceOf(x, weights);
      for (const [i, one] of x.entries()) {
        gradient[i] = (gradient[i] ?? 0) + (chance - y) * one;
        const line = curvature[i] as number[];
        for (const [j, other] of x.entries())
          line[j] = (line[j] ?? 0) + chance * (1 - chance) * one * other;
      }
    }
    const change = solve(curvature, gradient);
    weights = weights.map((value, index) => value - (change[index] ?? 0));
  }
  return weights;
}

function chanceOf(x: readonly number[], weights: readonly number[]): number {
  const sum = x.reduce((all, value, index) => all + value * (weights[index] ?? 0), 0);
  return 1 / (1 + Math.exp(-sum));
}

/** x of Ax = b by elimination; A is positive definite. */
function solve(a: readonly (readonly number[])[], b: readonly number[]): readonly number[] {
  const rows = a.map((line, index) => [...line, b[index] ?? 0]);
  for (const [pivot, line] of rows.entries()) {
    const scale = line[pivot] ?? 1;
    for (let column = 0; column < line.length; column += 1)
      line[column] = (line[column] ?? 0) / scale;
    for (const [index, other] of rows.entries()) {
      const factor = index === pivot ? 0 : (other[pivot] ?? 0);
      if (factor === 0) continue;
      for (let column = 0; column < other.length; column += 1)
        other[column] = (other[column] ?? 0) - factor * (line[column] ?? 0);
    }
  }
  return rows.map((line) => line.at(-1) ?? 0);
}

function sayReliability(cases: readonly Case[], weights: readonly number[]): void {
  const bins = new Map<number, { n: number; right: number; shown: number }>();
  for (const one of cases) {
    const shown = chanceOf(featuresOf(one), weights);
    const bin = Math.min(4, Math.floor(shown * 5));
    const known = bins.get(bin) ?? { n: 0, right: 0, shown: 0 };
    bins.set(bin, {
      n: known.n + 1,
      right: known.right + (one.isRight ? 1 : 0),
      shown: known.shown + shown,
    });
  }
  for (const [, { n, right, shown }] of [...bins].toSorted(([a], [b]) => a - b))
    say(`    shown ${(shown / n).toFixed(2)}: right ${(right / n).toFixed(2)} of ${n}`);
}

if (!existsSync(REFERENCE)) say('Skipped: ../shared/reference is not here');
else if (!existsSync(path.join(VECTORS, 'node_modules')))
  say('Skipped: npm ci --prefix services/enricher/vectors installs what search by vectors needs');
else {
  const embedder = await startEmbedder({
    vectorsDirectory: VECTORS,
    modelDirectory: path.join(REFERENCE, 'models/all-MiniLM-L6-v2'),
    onEnd: (reason) => say(reason),
  });
  const cached = new Map<string, Promise<readonly number[]>>();
  let last: Promise<unknown> = Promise.resolve();
  /** One after the other, each text once. */
  const embed: Embedder['embed'] = (text) => {
    const known = cached.get(text) ?? last.then(() => embedder.embed(text));
    if (!cached.has(text)) {
      cached.set(text, known);
      last = known;
    }
    return known;
  };
  const halves = await readHalves(SIGMA.map((folder) => `rules/${folder}`));
  const everywhere = await readHalves(
    readdirSync(path.join(REFERENCE, 'sigma')).filter((n) => n.startsWith('rules')),
  );
  const ours = examplesOf((await readRuleTexts(path.join(ROOT, 'rules'), MANY)).texts, MANY);
  const sets: Readonly<Record<string, readonly Query[]>> = {
    kinds: readKinds(),
    'rules even': examplesOf(halves.even, MANY),
    'rules odd': examplesOf(halves.odd, MANY),
  };
  say('For each set: right answer first, among the first three, mean reciprocal rank');
  say(
    Object.entries(sets)
      .map(([name, all]) => `${name}: ${all.length}`)
      .join(', '),
  );
  const examples: Readonly<Record<string, readonly LabelledExample[]>> = {
    'no examples': [],
    'our rules': ours,
    'even half of these rules': examplesOf(halves.even, MANY),
    'even half of all of Sigma': examplesOf(everywhere.even, MANY),
  };
  const fits = new Map<string, readonly number[]>();
  for (const weight of [0, VECTOR_WEIGHT])
    for (const chosen of [[], examplesOf(halves.odd, MANY)]) {
      const search = searchOf(createLexicalIndex(TECHNIQUES, chosen), embed, weight);
      const fitted = fit(await casesOf(search, sets['rules even'] ?? []));
      const name = `${weight === 0 ? 'words' : 'vectors'}, ${chosen.length === 0 ? 'alone' : 'examples'}`;
      fits.set(name, fitted);
      const [bias, likeness, closeness, support] = fitted.map((value) => value.toFixed(2));
      say(
        `fit ${name}: { bias: ${bias}, likeness: ${likeness}, closeness: ${closeness}, support: ${support} }`,
      );
    }
  for (const [title, chosen] of Object.entries(examples)) {
    say(`\n${title}: ${chosen.length}`);
    const words = createLexicalIndex(TECHNIQUES, chosen);
    for (const weight of [0, VECTOR_WEIGHT, 1]) {
      const search = searchOf(words, embed, weight);
      const cells: string[] = [];
      for (const [set, queries] of Object.entries(sets)) {
        const isKnown = set === 'rules even' && title.startsWith('even');
        if (!isKnown) cells.push(`${set}: ${await score(search, queries)}`);
      }
      say(`${(weight === 0 ? 'words' : `vectors ${weight}`).padEnd(14)} ${cells.join('   ')}`);
    }
    for (const weight of [0, VECTOR_WEIGHT]) {
      say(`  confidence ${weight === 0 ? 'by words' : 'with vectors'}, rules odd:`);
      const cases = await casesOf(searchOf(words, embed, weight), sets['rules odd'] ?? []);
      sayReliability(
        cases,
        fits.get(
          `${weight === 0 ? 'words' : 'vectors'}, ${chosen.length === 0 ? 'alone' : 'examples'}`,
        ) ?? [],
      );
    }
  }
  await embedder.stop();
}
