export { parseLine, LOG_FORMATS } from './parse-line.ts';
export type { LogFormat, ParseContext } from './parse-line.ts';
export { rememberedText } from './previous-line.ts';
export { toDocument, unreadLine } from './to-document.ts';
export type { LineOrigin } from './to-document.ts';
export { createWallClockOffset } from './zone-offset.ts';
