import { createMemoryStore } from '../src/memory/index.ts';
import { describeStore } from './conformance.ts';
import { describePositions } from './positions.ts';

describeStore('memory', async () => createMemoryStore());
describePositions('memory', async () => createMemoryStore());
