export { createGenerator, parseMix } from './generator.ts';
export type { Generator, GeneratorOptions } from './generator.ts';
export { runGenerator, JSON_FILE, TRUTH_FILE } from './run-generator.ts';
export type { RunGeneratorOptions } from './run-generator.ts';
export { ATTACKS, SCENARIOS, toJsonLine } from './generated-event.ts';
export type { GeneratedEvent, Scenario } from './generated-event.ts';
