/**
 * The embedding model in a worker thread (services/enricher/vectors/embed-worker.js). What comes from the
 * thread is parsed like anything else from outside; a thread that dies rejects whatever waits for it.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf } from '@mini-soc/model';
import { z } from 'zod';
import type { Embedder } from '../embedder.ts';

export interface StartEmbedderOptions {
  /** Folder with embed-worker.js and its installed libraries. */
  readonly vectorsDirectory: string;
  /** Folder with config.json, tokenizer.json and onnx/model_quantized.onnx. */
  readonly modelDirectory: string;
  /** The thread ended by itself. */
  readonly onEnd: (reason: string) => void;
}

const START_MS = 60_000;
const MAX_WAITING = 64;

const replySchema = z.union([
  z.object({ ready: z.literal(true) }),
  z.object({ id: z.number(), vector: z.array(z.number()).min(1).max(4096) }),
  z.object({ id: z.number(), error: z.string() }),
]);

interface Waiting {
  readonly resolve: (vector: readonly number[]) => void;
  readonly reject: (error: Error) => void;
}

/** Loads the model; rejects with a sentence when it cannot be loaded. */
export async function startEmbedder(options: StartEmbedderOptions): Promise<Embedder> {
  const model = await readFile(path.join(options.modelDirectory, 'onnx', 'model_quantized.onnx'));
  const fingerprint = createHash('sha256').update(model).digest('hex').slice(0, 16);
  const worker = new Worker(path.join(options.vectorsDirectory, 'embed-worker.js'), {
    workerData: { modelDirectory: options.modelDirectory },
    execArgv: [],
  });
  const waiting = new Map<number, Waiting>();
  let hasEnded = false;
  let isStopping = false;
  let lastId = 0;

  const end = (reason: string): void => {
    if (hasEnded) return;
    hasEnded = true;
    for (const { reject } of waiting.values()) reject(new Error(reason));
    waiting.clear();
    if (!isStopping) options.onEnd(reason);
  };
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`The embedding model was not ready after ${START_MS / 1000} s`)),
      START_MS,
    );
    worker.on('message', (message: unknown) => {
      const reply = replySchema.safeParse(message);
      if (!reply.success) return;
      if ('ready' in reply.data) {
        clearTimeout(timer);
        resolve();
      } else answer(waiting, reply.data);
    });
    const fail = (reason: string): void => {
      clearTimeout(timer);
      reject(new Error(reason));
      end(reason);
    };
    worker.on('error', (error) => fail(`The embedding model failed: ${messageOf(error)}`));
    worker.on('exit', () => fail('The thread of the embedding model ended'));
  });
  const stop = async (): Promise<void> => {
    isStopping = true;
    end('The embedding model is stopped');
    await worker.terminate();
  };
  try {
    await ready;
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    fingerprint,
    stop,
    embed: (text) =>
      new Promise((resolve, reject) => {
        if (hasEnded) reject(new Error('The embedding model is not running'));
        else if (waiting.size >= MAX_WAITING)
          reject(new Error(`${MAX_WAITING} texts wait for the embedding model already`));
        else {
          lastId += 1;
          waiting.set(lastId, { resolve, reject });
          worker.postMessage({ id: lastId, text });
        }
      }),
  };
}

type Answer = Exclude<z.infer<typeof replySchema>, { ready: true }>;

function answer(waiting: Map<number, Waiting>, reply: Answer): void {
  const one = waiting.get(reply.id);
  waiting.delete(reply.id);
  if ('vector' in reply) one?.resolve(reply.vector);
  else one?.reject(new Error(`The embedding model refused a text: ${reply.error}`));
}
