/** Settings of the enricher. */
import { setting } from './setting.ts';
import { httpUrlOrNone, oneOf, text } from './setting-values.ts';

export const ENRICHER_SETTINGS = {
  RETRIEVAL: setting(
    oneOf(['words', 'vectors']),
    'words',
    'How the enricher finds techniques: words, or vectors (and words) with the embedding model',
  ),
  MODEL_DIR: setting(
    text(),
    '',
    'Folder of the embedding model all-MiniLM-L6-v2; empty means the one of the image, else it is fetched into DATA_DIR',
  ),
  MODEL_URL: setting(
    httpUrlOrNone(),
    'https://huggingface.co/Xenova/all-MiniLM-L6-v2/resolve/main',
    'Where the model is fetched from when no folder has it; none means never',
  ),
  CHROMA_URL: setting(
    httpUrlOrNone(),
    'none',
    'Chroma server that keeps the vectors of the techniques, such as http://127.0.0.1:8100; none means in memory',
  ),
} as const;
