export { openChromaVectors, type ChromaOptions, type ChromaVectors } from './chroma-vectors.ts';
