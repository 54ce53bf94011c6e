/** What the list of formats says of each, against what its parser makes of every text we have. */
import { FORMATS, parseLine, type Format } from '@mini-soc/parsers';
import { describe, expect, it } from 'vitest';
import { textsOfParserTests } from './filebeat-cases.ts';

const CONTEXT = {
  arrivalMs: Date.parse('2026-11-21T12:00:00Z'),
  zoneOffsetMinutes: (): number => 0,
};
const formats: readonly Format[] = FORMATS;

const messages = textsOfParserTests().map((text) => text.replace(/^.{0,40}?\w\[\d+\]: /, ''));

describe('FORMATS', () => {
  it.each(
    formats.flatMap(({ name, programs, logTypes }) =>
      programs[0] === undefined ? [] : [[name, programs[0], logTypes] as const],
    ),
  )('FORMATS gives %s the log types of the events of %s', (_name, program, logTypes) => {
    const found = messages
      .map(
        (message) =>
          parseLine(`Nov 21 03:40:00 web01 ${program}[4]: ${message}`, CONTEXT)?.log_type,
      )
      .filter((logType) => logType !== undefined);
    expect([...new Set(found)].toSorted()).toEqual(logTypes.toSorted());
  });
});
