export { startEmbedder, type StartEmbedderOptions } from './start-embedder.ts';
