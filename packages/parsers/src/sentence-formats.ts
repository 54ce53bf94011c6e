/** The formats of services whose refusals are one sentence each. */
import { parseAnyLogin } from './any-program.ts';
import { addFlag, type Draft } from './draft.ts';
import type { ReadContext } from './file-memory.ts';
import type { Format } from './format.ts';
import { HOME_SERVICES } from './home-services.ts';
import { MAIL_SERVICES } from './mail-services.ts';
import { OTHER_SERVICES } from './other-services.ts';
import { readOwnTime } from './own-time.ts';
import { PAGE_SERVICES } from './page-services.ts';
import { readSentence } from './sentence.ts';
import type { Service } from './service.ts';

/** First characters of all the forms of a time, and of lines without one. */
const TIMES = '[<(@0123JFMASONDTWI';

export type SentenceFormatName = (
  typeof MAIL_SERVICES | typeof PAGE_SERVICES | typeof HOME_SERVICES | typeof OTHER_SERVICES
)[number]['name'];

const SERVICES = (MAIL_SERVICES as readonly Service[]).concat(
  PAGE_SERVICES,
  HOME_SERVICES,
  OTHER_SERVICES,
);

export const SENTENCE_FORMATS: readonly Format[] = SERVICES.map(formatOf);

function formatOf(service: Service): Format {
  const first = service.programs[0];
  const format: { -readonly [Key in keyof Format]: Format[Key] } = {
    name: service.name,
    title: service.title,
    programs: service.programs,
    logTypes: ['auth'],
    paths: service.paths,
  };
  if (first !== undefined) format.parse = messageParser(service);
  const marks = service.marks;
  if (marks !== undefined)
    format.line = {
      turn: 'last',
      starts: TIMES,
      looksLike: (text: string): boolean => hasOneOf(text, marks),
      parse: lineParser(service, first === undefined ? service.name : first),
    };
  return format;
}

function hasOneOf(text: string, marks: readonly string[]): boolean {
  for (let i = 0; i < marks.length; i++) if (text.indexOf(marks[i] as string) >= 0) return true;
  return false;
}

/** A message; some programs put their own time in front of it even there. */
function messageParser(service: Service): NonNullable<Format['parse']> {
  return (message, draft, context) => {
    if (readSentence(message, service.sentences, service, draft)) return true;
    const time = readOwnTime(message, context);
    return time !== undefined &&
      readSentence(message.slice(time.end), service.sentences, service, draft)
      ? true
      : parseAnyLogin(message, draft);
  };
}

/** A line of its own file: the time, where there is one, and the sentence. */
function lineParser(
  service: Service,
  program: string,
): (line: string, draft: Draft, context: ReadContext) => number | undefined {
  return (line, draft, context) => {
    const time = readOwnTime(line, context);
    const text = time === undefined ? line : line.slice(time.end);
    if (!readSentence(text, service.sentences, service, draft)) return undefined;
    draft.program = program;
    if (time === undefined) return NaN;
    if (time.isAmbiguous) addFlag(draft, 'ambiguous');
    return time.ms;
  };
}
