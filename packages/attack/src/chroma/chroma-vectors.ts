/**
 * Vectors of techniques in Chroma. The collection's name carries a fingerprint of the model and of every
 * text, so that other data means another collection and two replicas that start at once write the same
 * rows into the same place. The client is loaded from the folder with the large libraries, only when it is
 * wanted; what it answers is parsed.
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { messageOf } from '@mini-soc/model';
import { z } from 'zod';
import type { Technique } from '../catalogue.ts';
import type { Near, VectorIndex } from '../vector-index.ts';

export interface ChromaOptions {
  /** Folder in which `chromadb` is installed. */
  readonly vectorsDirectory: string;
  readonly url: string;
  readonly modelFingerprint: string;
  readonly techniques: readonly Technique[];
  /** A vector for each technique, by id. */
  readonly vectors: ReadonlyMap<string, readonly number[]>;
}

export interface ChromaVectors extends VectorIndex {
  readonly collection: string;
  /** Rows of the collection when it was opened. */
  readonly count: number;
}

const PREFIX = 'soc-techniques-';
const OURS = /^soc-techniques-[0-9a-f]{16}$/;
const WRITE_ROWS = 200;

interface Collection {
  readonly count: () => Promise<unknown>;
  readonly upsert: (rows: {
    readonly ids: string[];
    readonly embeddings: number[][];
    readonly documents: string[];
    readonly metadatas: Record<string, string>[];
  }) => Promise<unknown>;
  readonly query: (question: {
    readonly queryEmbeddings: number[][];
    readonly nResults: number;
    readonly include: string[];
  }) => Promise<unknown>;
}

interface Client {
  readonly getOrCreateCollection: (options: {
    readonly name: string;
    readonly embeddingFunction: null;
    readonly configuration: { readonly hnsw: { readonly space: 'cosine' } };
    readonly metadata: Record<string, string>;
  }) => Promise<Collection>;
  readonly listCollections: () => Promise<unknown>;
  readonly deleteCollection: (options: { readonly name: string }) => Promise<unknown>;
}

type ClientClass = new (options: {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean;
}) => Client;

const moduleSchema = z.object({
  ChromaClient: z.custom<ClientClass>((value) => typeof value === 'function'),
});
const countSchema = z.int().min(0);
const listSchema = z.array(z.looseObject({ name: z.string() }));
const foundSchema = z.looseObject({
  ids: z.tuple([z.array(z.string())]),
  distances: z.tuple([z.array(z.number())]),
});

/**
 * Opens the collection of these techniques and this model; writes what it lacks. Rejects when the server does
 * not answer: wrap it in a time limit, the client has none.
 */
export async function openChromaVectors(options: ChromaOptions): Promise<ChromaVectors> {
  const client = loadClient(options.vectorsDirectory, new URL(options.url));
  const name = `${PREFIX}${fingerprintOf(options)}`;
  const collection = await client.getOrCreateCollection({
    name,
    embeddingFunction: null,
    configuration: { hnsw: { space: 'cosine' } },
    metadata: { model: options.modelFingerprint },
  });
  const wanted = options.techniques.length;
  if (countSchema.parse(await collection.count()) !== wanted) await write(collection, options);
  const count = countSchema.parse(await collection.count());
  if (count !== wanted) throw new Error(`Collection ${name} has ${count} rows: expected ${wanted}`);
  await deleteOthers(client, name);
  return {
    name: 'Chroma',
    collection: name,
    count,
    async near(vector) {
      const answer = foundSchema.parse(
        await collection.query({
          queryEmbeddings: [[...vector]],
          nResults: wanted,
          include: ['distances'],
        }),
      );
      const [ids] = answer.ids;
      const [distances] = answer.distances;
      return ids.map((id, index): Near => ({ id, similarity: 1 - (distances[index] ?? 1) }));
    },
  };
}

function loadClient(vectorsDirectory: string, url: URL): Client {
  let loaded: unknown;
  try {
    loaded = createRequire(path.join(vectorsDirectory, 'package.json'))('chromadb');
  } catch (cause) {
    throw new Error(`Cannot load the client of Chroma: ${messageOf(cause)}`, { cause });
  }
  const { ChromaClient } = moduleSchema.parse(loaded);
  const ssl = url.protocol === 'https:';
  return new ChromaClient({
    host: url.hostname,
    port: url.port === '' ? (ssl ? 443 : 80) : Number(url.port),
    ssl,
  });
}

function fingerprintOf({ modelFingerprint, techniques, vectors }: ChromaOptions): string {
  const hash = createHash('sha256').update(modelFingerprint);
  for (const technique of techniques)
    hash.update(JSON.stringify([technique, vectors.get(technique.id)?.length]));
  return hash.digest('hex').slice(0, 16);
}

/** The same rows whoever writes them, so that it does not matter who does and how often. */
async function write(collection: Collection, options: ChromaOptions): Promise<void> {
  for (let start = 0; start < options.techniques.length; start += WRITE_ROWS) {
    const rows = options.techniques.slice(start, start + WRITE_ROWS);
    await collection.upsert({
      ids: rows.map(({ id }) => id),
      embeddings: rows.map(({ id }) => [...(options.vectors.get(id) ?? [])]),
      documents: rows.map(({ description }) => description),
      metadatas: rows.map(({ name, tactics, url }) => ({
        name,
        tactics: tactics.map((tactic) => tactic.id).join(' '),
        url,
      })),
    });
  }
}

/** Collections of earlier data; a replica that still uses one writes it again. Failing here is no harm. */
async function deleteOthers(client: Client, kept: string): Promise<void> {
  try {
    const all = listSchema.parse(await client.listCollections());
    const old = all.filter(({ name }) => OURS.test(name) && name !== kept);
    await Promise.all(old.map(({ name }) => client.deleteCollection({ name })));
  } catch {
    // The next start tries again.
  }
}
