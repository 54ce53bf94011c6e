import fc from 'fast-check';
import { EVENT_FIELDS, type SocEvent } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../../../scripts/property-runs.ts';
import type { Row } from './connection.ts';
import { readEvent, writeDocument } from './event-document.ts';
import { MODEL_LAYOUT } from './event-layout.ts';

const QUERIED_FIELDS = MODEL_LAYOUT.fields;

const COLUMN_NAMES = ['event_id', ...QUERIED_FIELDS.map((field) => field.name)];

/** What the columns hold: texts without the character 0 and halves of characters, safe integers. */
function rowOf(event: SocEvent, document: string): Row {
  const values = event as unknown as Record<string, unknown>;
  const row: Record<string, string | bigint | null> = { doc: document };
  for (const name of COLUMN_NAMES) {
    const value = values[name];
    const isInteger = QUERIED_FIELDS.some((one) => one.name === name && one.kind === 'integer');
    if (isInteger) row[name] = Number.isSafeInteger(value) ? BigInt(value as number) : null;
    else row[name] = typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : null;
  }
  return row;
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'root', 'ro\0ot', '\ud800', '"quoted"', '🦊'),
);
const anyValue = fc.oneof(
  anyText,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
  fc.constant(null),
  fc.boolean(),
  fc.array(anyText, { maxLength: 3 }),
);
/** Events of any shape: known names with any value, unknown names too. */
const anyEvent = fc
  .dictionary(
    fc.oneof(fc.constantFrom(...EVENT_FIELDS.map((field) => field.name)), anyText),
    anyValue,
    { maxKeys: 12, noNullPrototype: true },
  )
  .map((fields) => {
    delete fields['__proto__'];
    return { '@timestamp': '2026-11-21T10:00:00.000Z', ...fields } as unknown as SocEvent;
  });

describe('writeDocument()', () => {
  it('writeDocument() and readEvent() give the event back, whatever its fields hold', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const { document, wholeLength } = writeDocument(event);
        expect(readEvent(rowOf(event, document))).toEqual(JSON.parse(JSON.stringify(event)));
        expect(wholeLength).toBeGreaterThanOrEqual(JSON.stringify(event).length);
      }),
      { numRuns: propertyRuns(2000) },
    );
  });

  it('writeDocument() leaves out what a column holds', () => {
    const event = {
      '@timestamp': '2026-11-21T10:00:00.000Z',
      event_id: 'e1',
      message: 'line',
      username: 'root',
      http_status: 404,
    } as unknown as SocEvent;
    expect(JSON.parse(writeDocument(event).document)).toEqual({
      '@timestamp': '2026-11-21T10:00:00.000Z',
      message: 'line',
    });
  });
});

describe('readEvent()', () => {
  it('readEvent() takes the document of an older file, which says everything', () => {
    const event = {
      '@timestamp': '2026-11-21T10:00:00.000Z',
      event_id: 'e1',
      message: 'line',
      username: 'ro\0ot',
    } as unknown as SocEvent;
    expect(readEvent(rowOf(event, JSON.stringify(event)))).toEqual(event);
  });
});
