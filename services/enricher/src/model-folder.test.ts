import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { provideModel } from './model-folder.ts';

const FILES = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'onnx/model_quantized.onnx',
];

function makeModel(folder: string): string {
  mkdirSync(path.join(folder, 'onnx'), { recursive: true });
  for (const file of FILES) writeFileSync(path.join(folder, file), 'x');
  return folder;
}

function place(overrides: Partial<Parameters<typeof provideModel>[0]> = {}) {
  const root = mkdtempSync(path.join(tmpdir(), 'soc-model-'));
  const told: string[] = [];
  return {
    root,
    told,
    options: {
      modelDirectory: '',
      besideLibraries: path.join(root, 'image'),
      dataDirectory: path.join(root, 'data'),
      modelUrl: '',
      onProgress: (percent: number, file: string) => told.push(`${file} ${percent}`),
      ...overrides,
    },
  };
}

const serve =
  (answer: (url: string) => Response): typeof globalThis.fetch =>
  async (url) =>
    answer(url instanceof Request ? url.url : url.toString());

describe('provideModel()', () => {
  it('takes MODEL_DIR, or the folder of the model in it', async () => {
    const { root, options } = place();
    const folder = makeModel(path.join(root, 'all-MiniLM-L6-v2'));
    expect(await provideModel({ ...options, modelDirectory: folder })).toBe(folder);
    expect(await provideModel({ ...options, modelDirectory: root })).toBe(folder);
  });

  it('says what a wrong MODEL_DIR lacks and fetches nothing in its place', async () => {
    const { root, options } = place({ modelUrl: 'http://model.test' });
    await expect(provideModel({ ...options, modelDirectory: root })).rejects.toThrow(
      `MODEL_DIR "${root}" has no onnx/model_quantized.onnx with its tokenizer.json`,
    );
  });

  it('prefers the one of the image, then the one that was fetched', async () => {
    const { root, options } = place();
    const kept = makeModel(path.join(root, 'data/models/all-MiniLM-L6-v2'));
    expect(await provideModel(options)).toBe(kept);
    const image = makeModel(path.join(root, 'image/models/all-MiniLM-L6-v2'));
    expect(await provideModel(options)).toBe(image);
  });

  it('fetches all files, tells how far it is, and keeps them', async () => {
    const fetch = serve(
      (url) =>
        new Response(`content of ${path.basename(url)}`, { headers: { 'content-length': '22' } }),
    );
    const { root, told, options } = place({ modelUrl: 'http://model.test/folder/', fetch });
    const folder = await provideModel(options);
    expect(folder).toBe(path.join(root, 'data/models/all-MiniLM-L6-v2'));
    expect(readFileSync(path.join(folder, 'tokenizer.json'), 'utf8')).toBe(
      'content of tokenizer.json',
    );
    expect(told).toContain('tokenizer.json 100');
    expect(readdirSync(path.join(root, 'data/models'))).toEqual(['all-MiniLM-L6-v2']);
  });

  it.each([
    ['the server answered 404', () => new Response('', { status: 404 })],
    ['it is larger than 67108864 bytes', () => new Response(new Uint8Array(68_000_000))],
  ])('says "%s" and leaves nothing behind', async (reason, answer) => {
    const { root, options } = place({ modelUrl: 'http://model.test', fetch: serve(answer) });
    await expect(provideModel(options)).rejects.toThrow(
      `the model all-MiniLM-L6-v2 cannot be fetched from http://model.test: ${reason}`,
    );
    expect(readdirSync(path.join(root, 'data/models'))).toEqual([]);
  });

  it('fetches nothing with MODEL_URL=none', async () => {
    const { root, options } = place();
    await expect(provideModel(options)).rejects.toThrow('MODEL_URL=none forbids fetching it');
    expect(existsSync(path.join(root, 'data'))).toBe(false);
  });
});
