/**
 * How often is the right technique first, or among the first three? Words, vectors and both, on the 25
 * kinds of alert in ../shared/reference/attack and on Sigma's rules for Linux, the web, the network and
 * applications (title and description; labels are the tags of their authors). The weight of the vectors is
 * chosen on the even half of the rules; the odd half and the kinds are what counts.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ALL_TECHNIQUES,
  createHybridIndex,
  createLexicalIndex,
  createMemoryVectors,
  TECHNIQUES,
  textOf,
  type Embedder,
  type Technique,
  type TechniqueIndex,
} from '@mini-soc/attack';
import { startEmbedder } from '@mini-soc/attack/embed';
import { parseDocument } from 'yaml';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const REFERENCE = path.join(ROOT, '../shared/reference');
const VECTORS = path.join(ROOT, 'services/enricher/vectors');
const SIGMA = ['linux', 'web', 'network', 'application'];
const WEIGHTS = [0, 0.25, 0.5, 0.65, 0.75, 1];

interface Query {
  readonly text: string;
  readonly techniques: readonly string[];
  readonly half: 'even' | 'odd';
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function readKinds(): readonly Query[] {
  const kindSchema = z.object({ query: z.string(), techniques: z.array(z.string()) });
  return readFileSync(path.join(REFERENCE, 'attack/alert-kinds.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => kindSchema.parse(JSON.parse(line)))
    .map(({ query, techniques }) => ({ text: query, techniques, half: 'odd' }));
}

function readRules(): readonly Query[] {
  const ruleSchema = z.looseObject({
    id: z.string(),
    title: z.string(),
    description: z.string().default(''),
    tags: z.array(z.string()).default([]),
  });
  const known = new Set(ALL_TECHNIQUES.map((technique) => technique.id));
  return SIGMA.flatMap((folder) =>
    readdirSync(path.join(REFERENCE, 'sigma/rules', folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yml'))
      .flatMap((name) => {
        const file = path.join(REFERENCE, 'sigma/rules', folder, name);
        const rule = ruleSchema.safeParse(parseDocument(readFileSync(file, 'utf8')).toJS());
        if (!rule.success) return [];
        const techniques = rule.data.tags
          .filter((tag) => /^attack\.t\d/.test(tag))
          .map((tag) => tag.slice('attack.'.length).toUpperCase())
          .filter((id) => known.has(id));
        const digest = createHash('sha256').update(rule.data.id).digest();
        return techniques.length === 0
          ? []
          : [
              {
                text: `${rule.data.title}. ${rule.data.description}`,
                techniques,
                half: digest.readUInt32BE(0) % 2 === 0 ? ('even' as const) : ('odd' as const),
              },
            ];
      }),
  );
}

async function score(
  index: TechniqueIndex,
  queries: readonly Query[],
): Promise<{ readonly top1: number; readonly top3: number; readonly mrr: number }> {
  let [top1, top3, mrr] = [0, 0, 0];
  for (const query of queries) {
    const found = await index.search(query.text, 691);
    const rank = found.findIndex((match) => query.techniques.includes(match.technique.id));
    if (rank === 0) top1 += 1;
    if (rank >= 0 && rank < 3) top3 += 1;
    if (rank >= 0) mrr += 1 / (rank + 1);
  }
  const share = (n: number) => n / queries.length;
  return { top1: share(top1), top3: share(top3), mrr: share(mrr) };
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`.padStart(8);

async function compare(
  title: string,
  techniques: readonly Technique[],
  embedder: Embedder,
  sets: Readonly<Record<string, readonly Query[]>>,
): Promise<void> {
  say(`\n${title}: ${techniques.length} techniques`);
  const vectors = new Map<string, readonly number[]>();
  for (const technique of techniques)
    vectors.set(technique.id, await embedder.embed(textOf(technique)));
  const words = createLexicalIndex(techniques);
  const near = createMemoryVectors(vectors);
  const indexes: [string, TechniqueIndex][] = [
    ['words', words],
    ...WEIGHTS.map((weight): [string, TechniqueIndex] => [
      weight === 1 ? 'vectors' : `both, vectors ${weight}`,
      createHybridIndex({ embedder, vectors: near, words, techniques, weight }),
    ]),
  ];
  for (const [name, index] of indexes) {
    const cells: string[] = [];
    for (const [set, queries] of Object.entries(sets)) {
      const { top1, top3, mrr } = await score(index, queries);
      cells.push(`${set}: ${percent(top1)} ${percent(top3)} ${mrr.toFixed(3)}`);
    }
    say(`${name.padEnd(20)} ${cells.join('   ')}`);
  }
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
  const rules = readRules();
  const cached = new Map<string, Promise<readonly number[]>>();
  const caching: Embedder = {
    ...embedder,
    embed: (text) => {
      const found = cached.get(text) ?? embedder.embed(text);
      cached.set(text, found);
      return found;
    },
  };
  const sets = {
    kinds: readKinds(),
    'rules even': rules.filter((rule) => rule.half === 'even'),
    'rules odd': rules.filter((rule) => rule.half === 'odd'),
  };
  say('For each set: right answer first, among the first three, mean reciprocal rank');
  say(
    Object.entries(sets)
      .map(([name, queries]) => `${name}: ${queries.length} queries`)
      .join(', '),
  );
  await compare('Described', TECHNIQUES, caching, sets);
  await compare('All', ALL_TECHNIQUES, caching, sets);
  await embedder.stop();
}
