export type { LineBatch, TailedLine } from './deliver-batches.ts';
export { createPatternMatcher } from './find-files.ts';
export { createTailer } from './tailer.ts';
export type { Tailer, TailerOptions, TailerStats } from './tailer.ts';
export { createLineSplitter } from './split-lines.ts';
export type { LineFlag, LineSplitter, LineSplitterOptions, SplitLine } from './split-lines.ts';
