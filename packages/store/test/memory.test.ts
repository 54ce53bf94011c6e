import { createMemoryStore } from '../src/memory/index.ts';
import { describeStore } from './conformance.ts';

describeStore('memory', async () => createMemoryStore());
