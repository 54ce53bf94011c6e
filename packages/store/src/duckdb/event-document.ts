/** Events as the model of today lays them out; see event-layout.ts. */
import { MODEL_LAYOUT } from './event-layout.ts';

/** What SELECT has to name for `readEvent()`, of the table `e`. */
export const EVENT_COLUMNS = MODEL_LAYOUT.columnsSql;

export const { writeDocument, readEvent } = MODEL_LAYOUT;
