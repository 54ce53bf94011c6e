/** Which logs a configuration of Filebeat reads by default, against the usual logs of the formats. */
import { parse } from 'yaml';
import { z } from 'zod';

const configuration = z.looseObject({
  'filebeat.inputs': z.array(
    z.looseObject({
      type: z.string(),
      enabled: z.string().optional(),
      paths: z.array(z.string()).default([]),
    }),
  ),
});

/** Patterns under LOG_ROOT, as its default has them; without what is read on demand alone. */
function patternsIn(text: string): readonly string[] {
  const { 'filebeat.inputs': inputs } = configuration.parse(parse(text, { merge: true }));
  return inputs
    .filter((input) => input.enabled === undefined)
    .flatMap((input) => input.paths)
    .filter((pattern) => pattern.startsWith('${LOG_ROOT:'))
    .map((pattern) => pattern.replace(/^\$\{LOG_ROOT:([^}]*)\}/, '$1'));
}

function fits(log: string, pattern: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replaceAll(/[.+?^$()|[\]{}\\]/g, String.raw`\$&`));
  return new RegExp(`^${source.join('[^/]*')}$`).test(log);
}

/** Logs that no input reads. */
export function unreadLogs(text: string, logs: readonly string[]): readonly string[] {
  const patterns = patternsIn(text);
  return logs.filter((log) => !patterns.some((pattern) => fits(log, pattern)));
}

/** Patterns that are read and fit none of the logs. */
export function logsOfNoFormat(text: string, logs: readonly string[]): readonly string[] {
  return patternsIn(text).filter((pattern) => !logs.some((log) => fits(log, pattern)));
}
