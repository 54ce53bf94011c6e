/**
 * A process that opens a database with the columns it is told, to be killed: FILE NAME,NAME,… The word "open"
 * stands on standard output before it begins, "done" when the store is open.
 */
import { EVENT_FIELDS } from '@mini-soc/model';
import { heldFields } from '../src/duckdb/mapping.ts';
import { openDuckDbStore } from '../src/duckdb/index.ts';

const [file = '', names = ''] = process.argv.slice(2);
const wanted = names.split(',');
process.stdout.write('open\n');
const store = await openDuckDbStore({
  path: file,
  queriedFields: heldFields(
    EVENT_FIELDS.map((field) => ({ ...field, queried: wanted.includes(field.name) })),
  ),
});
process.stdout.write('done\n');
await store.close();
