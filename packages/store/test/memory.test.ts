import { openStore } from '../src/open-store.ts';
import { describeStore } from './conformance.ts';
import { describePositions } from './positions.ts';

describeStore('memory', () => openStore({ engine: 'memory' }));
describePositions('memory', () => openStore({ engine: 'memory' }));
