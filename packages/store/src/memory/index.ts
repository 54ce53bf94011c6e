export { createMemoryStore } from './open.ts';
