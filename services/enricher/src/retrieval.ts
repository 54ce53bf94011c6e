/**
 * How techniques are found at this moment. By words always, those of the techniques and those of the rules
 * that are tagged with them (labelled examples); when RETRIEVAL=vectors also by vectors: the
 * model is loaded in the background, the techniques are embedded, and their vectors are searched in Chroma
 * when there is one, else in memory. What is missing is said and tried again; meanwhile the next best
 * answers. Time limits of the steps add up to less than detection's 3 s.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  createHybridIndex,
  createLexicalIndex,
  createMemoryVectors,
  examplesOf,
  TECHNIQUES,
  textOf,
  type Embedder,
  type TechniqueIndex,
  type VectorIndex,
  type WordIndex,
} from '@mini-soc/attack';
import { openChromaVectors, type ChromaVectors } from '@mini-soc/attack/chroma';
import { startEmbedder } from '@mini-soc/attack/embed';
import { LIMITS, messageOf } from '@mini-soc/model';
import { withTimeLimit, type Logger } from '@mini-soc/service-kit';
import { readRuleTexts, type RuleText } from '@mini-soc/sigma';
import { keepUp, type KeptUp } from './keep-up.ts';
import { provideModel } from './model-folder.ts';
import { embedAll } from './vector-cache.ts';

export interface RetrievalOptions {
  readonly retrieval: 'words' | 'vectors';
  readonly vectorsDirectory: string;
  readonly modelDirectory: string;
  readonly dataDirectory: string;
  readonly modelUrl: string;
  /** Empty: vectors are kept in memory. */
  readonly chromaUrl: string;
  /** Folders of the rules whose tags are learned from, those that come first taking part first; an empty name is none. */
  readonly rulesDirectories: readonly string[];
  readonly logger: Logger;
}

export interface RetrievalState {
  readonly kind: 'words' | 'vectors';
  /** Where vectors are searched. */
  readonly vectors?: 'memory' | 'Chroma';
  readonly collection?: { readonly name: string; readonly count: number };
  /** In plain words, for each part. */
  readonly parts: Readonly<Record<string, string>>;
  readonly degraded: readonly string[];
}

export interface Retrieval extends TechniqueIndex {
  readonly state: () => RetrievalState;
  /** Begins to load what is wanted; nobody waits for it. */
  readonly start: () => void;
  readonly stop: () => Promise<void>;
}

/** At most this for the vector of a query, then for Chroma; memory and words take milliseconds. */
const EMBED_MS = 1200;
const CHROMA_QUERY_MS = 800;
const CHROMA_OPEN_MS = 10_000;
const CHROMA_PAUSES = { firstPauseMs: 1000, longestPauseMs: 60_000 };
const MODEL_PAUSES = { firstPauseMs: 30_000, longestPauseMs: 3_600_000 };

interface Model {
  readonly embedder: Embedder;
  readonly vectors: ReadonlyMap<string, readonly number[]>;
  readonly memory: VectorIndex;
  readonly chroma: KeptUp<ChromaVectors> | undefined;
  readonly index: TechniqueIndex;
}

export function createRetrieval(options: RetrievalOptions): Retrieval {
  const { logger } = options;
  let words = createLexicalIndex();
  let reading: Promise<void> | undefined;
  const readExamples = async (): Promise<void> => {
    words = await learnFrom(options);
  };
  const model = keepUp<Model>({
    open: async () => {
      await reading;
      return openModel(options, words, (reason) => model.fail(reason));
    },
    onUp: () => logger.info({ techniques: TECHNIQUES.length }, 'Techniques are found by vectors'),
    onDown: (reason, pauseMs) =>
      logger.warn({ reason, pauseMs }, 'Techniques are found by words: no embedding model'),
    ...MODEL_PAUSES,
  });
  return {
    name: 'retrieval',
    async search(text, size) {
      const up = model.current();
      if (up === undefined) return words.search(text, size);
      try {
        return await up.index.search(text, size);
      } catch (error) {
        logger.warn({ reason: messageOf(error) }, 'One search fell back to words');
        return words.search(text, size);
      }
    },
    state: () => describe(options, model, words.examples.length),
    start() {
      reading = readExamples();
      if (options.retrieval === 'vectors') model.start();
    },
    async stop() {
      const up = model.current();
      model.stop();
      up?.chroma?.stop();
      await up?.embedder.stop();
    },
  };
}

/** The words of techniques and of the rules in the folders; what is no rule there is no example. */
async function learnFrom(options: RetrievalOptions): Promise<WordIndex> {
  const directories = options.rulesDirectories.filter((directory) => directory !== '');
  if (directories.length === 0) return createLexicalIndex();
  const atMost = LIMITS.labelled_examples.value;
  const texts: RuleText[] = [];
  let skipped = 0;
  for (const directory of directories) {
    const found = await readRuleTexts(directory, atMost - texts.length);
    texts.push(...found.texts);
    skipped += found.skipped;
  }
  const examples = examplesOf(texts, atMost);
  options.logger.info(
    { examples: examples.length, skipped, atMost },
    'Rules with tags of ATT&CK are labelled examples',
  );
  return createLexicalIndex(TECHNIQUES, examples);
}

async function openModel(
  options: RetrievalOptions,
  words: WordIndex,
  onEnd: (reason: string) => void,
): Promise<Model> {
  const { logger, vectorsDirectory } = options;
  if (!existsSync(path.join(vectorsDirectory, 'node_modules')))
    throw new Error(
      'its libraries are not installed (npm ci --prefix services/enricher/vectors installs them)',
    );
  const modelDirectory = await provideModel({
    ...options,
    besideLibraries: vectorsDirectory,
    onProgress: (percent, file) => logger.info({ percent, file }, 'Fetching the embedding model'),
  });
  let chroma: KeptUp<ChromaVectors> | undefined;
  const embedder = await startEmbedder({
    vectorsDirectory,
    modelDirectory,
    onEnd: (reason) => {
      chroma?.stop();
      onEnd(reason);
    },
  });
  const ofTechniques = TECHNIQUES.map(textOf);
  const texts = [...ofTechniques, ...words.examples.map((example) => example.text)];
  const all = await embedAll(texts, { directory: options.dataDirectory, embedder, logger }).catch(
    async (error: unknown) => {
      await embedder.stop();
      throw error;
    },
  );
  const vectors = new Map(TECHNIQUES.map(({ id }, index) => [id, all[index] ?? []]));
  const exampleVectors = new Map(
    all.slice(TECHNIQUES.length).map((vector, index) => [`${index}`, vector]),
  );
  const memory = createMemoryVectors(vectors);
  if (options.chromaUrl !== '') {
    chroma = keepChroma(options, embedder.fingerprint, vectors);
    chroma.start();
  }
  const limited: Pick<Embedder, 'embed'> = {
    embed: (text) =>
      withTimeLimit(
        embedder.embed(text),
        EMBED_MS,
        `The embedding model did not answer within ${EMBED_MS} ms`,
      ),
  };
  const near = preferChroma(chroma, memory);
  return {
    embedder,
    vectors,
    memory,
    chroma,
    index: createHybridIndex({
      embedder: limited,
      vectors: near,
      words,
      ...(exampleVectors.size === 0 ? {} : { exampleVectors: createMemoryVectors(exampleVectors) }),
    }),
  };
}

function keepChroma(
  options: RetrievalOptions,
  modelFingerprint: string,
  vectors: ReadonlyMap<string, readonly number[]>,
): KeptUp<ChromaVectors> {
  const { logger, chromaUrl, vectorsDirectory } = options;
  return keepUp<ChromaVectors>({
    open: () =>
      withTimeLimit(
        openChromaVectors({
          url: chromaUrl,
          vectorsDirectory,
          modelFingerprint,
          techniques: TECHNIQUES,
          vectors,
        }),
        CHROMA_OPEN_MS,
        `no answer within ${CHROMA_OPEN_MS / 1000} s`,
      ),
    onUp: ({ collection, count }) =>
      logger.info({ collection, count }, 'Vectors are searched in Chroma'),
    onDown: (reason, pauseMs) =>
      logger.warn({ reason, pauseMs }, 'Vectors are searched in memory: Chroma is not available'),
    ...CHROMA_PAUSES,
  });
}

/** Chroma while it answers in time, memory at once when it does not. */
function preferChroma(chroma: KeptUp<ChromaVectors> | undefined, memory: VectorIndex): VectorIndex {
  return {
    name: 'Chroma or memory',
    async near(vector) {
      const up = chroma?.current();
      if (up === undefined) return memory.near(vector);
      try {
        return await withTimeLimit(
          up.near(vector),
          CHROMA_QUERY_MS,
          `no answer within ${CHROMA_QUERY_MS} ms`,
        );
      } catch (error) {
        chroma?.fail(messageOf(error));
        return memory.near(vector);
      }
    },
  };
}

function describe(
  options: RetrievalOptions,
  model: KeptUp<Model>,
  examples: number,
): RetrievalState {
  const learned = examples === 0 ? '' : ` and ${examples} labelled examples`;
  const known = `${TECHNIQUES.length} techniques${learned}`;
  const up = model.current();
  if (options.retrieval === 'words')
    return { kind: 'words', parts: { retrieval: `${known}, found by words` }, degraded: [] };
  if (up === undefined) {
    const why =
      model.reason() === ''
        ? 'the embedding model is being loaded'
        : `there is no embedding model: ${model.reason()}`;
    return {
      kind: 'words',
      parts: { retrieval: `${known}, found by words only, because ${why}` },
      degraded: ['retrieval'],
    };
  }
  const found = `${known}, found by vectors and words`;
  if (up.chroma === undefined)
    return {
      kind: 'vectors',
      vectors: 'memory',
      parts: { retrieval: `${found}, vectors in memory` },
      degraded: [],
    };
  const chroma = up.chroma.current();
  if (chroma === undefined) {
    const why = up.chroma.reason() === '' ? 'is being asked' : `is away: ${up.chroma.reason()}`;
    return {
      kind: 'vectors',
      vectors: 'memory',
      parts: {
        retrieval: `${found}, vectors in memory`,
        chroma: `Chroma at ${new URL(options.chromaUrl).origin} ${why}`,
      },
      degraded: ['chroma'],
    };
  }
  return {
    kind: 'vectors',
    vectors: 'Chroma',
    collection: { name: chroma.collection, count: chroma.count },
    parts: { retrieval: `${found}, vectors in Chroma`, chroma: 'Chroma ok' },
    degraded: [],
  };
}
