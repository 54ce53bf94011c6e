export { createTailer } from './tailer.ts';
export type { LineBatch, TailedLine, Tailer, TailerOptions, TailerStats } from './tailer.ts';
export { createLineSplitter } from './split-lines.ts';
export type { LineFlag, LineSplitter, LineSplitterOptions, SplitLine } from './split-lines.ts';
