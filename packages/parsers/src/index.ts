export { FORMATS, LOG_FORMATS, usualLogs } from './formats.ts';
export type { Format, LogFormat } from './formats.ts';
export { parseLine } from './parse-line.ts';
export type { ParseContext } from './parse-line.ts';
export { rememberedText } from './previous-line.ts';
export { createFileMemory, type FileMemory } from './file-memory.ts';
export { toDocument, unreadLine } from './to-document.ts';
export type { LineOrigin } from './to-document.ts';
export { createWallClockOffset } from './zone-offset.ts';
