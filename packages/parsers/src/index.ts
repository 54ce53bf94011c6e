export { parseLine, LOG_FORMATS } from './parse-line.ts';
export type { LogFormat, ParseContext } from './parse-line.ts';
