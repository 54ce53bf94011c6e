/** Where the embedding model lies, and fetching it when it lies nowhere. */
import { randomUUID } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LIMITS, messageOf } from '@mini-soc/model';

export const MODEL_NAME = 'all-MiniLM-L6-v2';
const WEIGHTS = 'onnx/model_quantized.onnx';
const FILES = ['config.json', 'tokenizer.json', 'tokenizer_config.json', WEIGHTS];
const MAX_BYTES = LIMITS.model_bytes.value;
/** A server that sends nothing for this long is given up. */
const STALL_MS = 30_000;
const PROGRESS_STEPS = 10;

export interface ModelOptions {
  /** MODEL_DIR: the model's folder or the one above it. */
  readonly modelDirectory: string;
  /** Where the image has it, when it has it. */
  readonly besideLibraries: string;
  /** Where a fetched model is kept. */
  readonly dataDirectory: string;
  /** Empty: nothing is fetched. */
  readonly modelUrl: string;
  readonly onProgress: (percent: number, file: string) => void;
  readonly fetch?: typeof globalThis.fetch;
}

/** The folder of the model, which is fetched when no folder has it. Rejects with one sentence. */
export async function provideModel(options: ModelOptions): Promise<string> {
  if (options.modelDirectory !== '') {
    const given = [options.modelDirectory, path.join(options.modelDirectory, MODEL_NAME)];
    const found = given.find(isModel);
    if (found !== undefined) return found;
    throw new Error(
      `MODEL_DIR "${options.modelDirectory}" has no ${WEIGHTS} with its tokenizer.json`,
    );
  }
  const kept = path.join(options.dataDirectory, 'models', MODEL_NAME);
  const found = [path.join(options.besideLibraries, 'models', MODEL_NAME), kept].find(isModel);
  if (found !== undefined) return found;
  if (options.modelUrl === '')
    throw new Error(
      `the model ${MODEL_NAME} is in no folder and MODEL_URL=none forbids fetching it`,
    );
  await fetchModel(kept, options);
  return kept;
}

function isModel(folder: string): boolean {
  return FILES.every((file) => existsSync(path.join(folder, file)));
}

/** All files or none: they are fetched beside the folder, which then takes its name at once. */
async function fetchModel(folder: string, options: ModelOptions): Promise<void> {
  const partial = `${folder}.${randomUUID()}.part`;
  try {
    await mkdir(path.join(partial, 'onnx'), { recursive: true });
    for (const file of FILES)
      await fetchFile(`${options.modelUrl.replace(/\/$/, '')}/${file}`, path.join(partial, file), {
        ...options,
        onProgress: (percent) => options.onProgress(percent, file),
      });
    await rename(partial, folder).catch((error: unknown) => {
      // Another replica with the same folder was faster.
      if (!isModel(folder)) throw error;
    });
  } catch (cause) {
    throw new Error(
      `the model ${MODEL_NAME} cannot be fetched from ${options.modelUrl}: ${reasonOf(cause)}`,
      { cause },
    );
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function fetchFile(
  url: string,
  target: string,
  options: Pick<ModelOptions, 'onProgress' | 'fetch'>,
): Promise<void> {
  const stalled = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const rearm = (): void => {
    clearTimeout(timer);
    timer = setTimeout(
      () => stalled.abort(new Error(`nothing came for ${STALL_MS / 1000} s`)),
      STALL_MS,
    );
  };
  rearm();
  try {
    const answer = await (options.fetch ?? fetch)(url, { signal: stalled.signal });
    if (!answer.ok || answer.body === null) throw new Error(`the server answered ${answer.status}`);
    const total = Number(answer.headers.get('content-length') ?? 0);
    let bytes = 0;
    let step = 0;
    const { body } = answer;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of body) {
        rearm();
        bytes += chunk.byteLength;
        if (bytes > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
        const reached = total > 0 ? Math.floor((PROGRESS_STEPS * bytes) / total) : 0;
        if (reached > step) {
          step = reached;
          options.onProgress(Math.min(100, (100 / PROGRESS_STEPS) * step), url);
        }
        yield chunk;
      }
    };
    await pipeline(counted, createWriteStream(target), { signal: stalled.signal });
  } finally {
    clearTimeout(timer);
  }
}

/** fetch says "fetch failed" and hides why in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)} (${messageOf(cause)})`;
}
