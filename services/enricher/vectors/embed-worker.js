/**
 * The embedding model in a thread of its own, so that a text that is being embedded keeps nobody waiting.
 * Given: the model's folder. Receives `{ id, text }`, answers `{ id, vector }` or `{ id, error }`; says
 * `{ ready: true }` once, when the model is loaded. Nothing is fetched from here.
 */
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { env, pipeline } from '@huggingface/transformers';

const folder = path.resolve(workerData.modelDirectory);
env.allowRemoteModels = false;
env.localModelPath = path.dirname(folder);
env.useFSCache = false;

// One thread: with more, each waits for the slowest as soon as other programs keep the cores busy.
const embed = await pipeline('feature-extraction', path.basename(folder), {
  dtype: 'q8',
  session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 },
});

async function answer({ id, text }) {
  try {
    const output = await embed(text, { pooling: 'mean', normalize: true });
    parentPort.postMessage({ id, vector: Array.from(output.data) });
  } catch (error) {
    parentPort.postMessage({ id, error: String(error).slice(0, 500) });
  }
}

// One text per call: the quantised model scales over the whole batch, so that neighbours change a vector.
let last = Promise.resolve();
parentPort.on('message', (question) => {
  last = last.then(() => answer(question));
});
parentPort.postMessage({ ready: true });
