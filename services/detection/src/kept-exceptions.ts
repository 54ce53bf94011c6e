/**
 * Exceptions that were made through the API: kept in the store, with who made or ended them, beside those of
 * exceptions.yml. They are checked as those are, each has an end, and every change is kept as a line of a trail.
 */
import { randomUUID } from 'node:crypto';
import { LIMITS } from '@mini-soc/model';
import type { Logger } from '@mini-soc/service-kit';
import { checkException, type Lists, type RuleException } from '@mini-soc/sigma';
import type { Store } from '@mini-soc/store';
import { z } from 'zod';

export interface KeptException extends RuleException {
  readonly id: string;
  /** Who made it, as the caller said. */
  readonly by: string;
  /** When it was made, ISO 8601. */
  readonly at: string;
}

export interface ExceptionWish {
  /** Name or id of the rule. */
  readonly rule: string;
  readonly when: Readonly<Record<string, unknown>>;
  readonly reason: string;
  readonly until: string;
  readonly by: string;
}

/** Who made or ended which: as it is kept, and as it is shown. */
export const exceptionChangeSchema = z.strictObject({
  at: z.string(),
  by: z.string(),
  change: z.enum(['made', 'ended']),
  id: z.string(),
  rule: z.string(),
  reason: z.string(),
});
export type ExceptionChange = Readonly<z.infer<typeof exceptionChangeSchema>>;

export interface KeptExceptions {
  /** Reads what was saved. Throws StoreError. */
  readonly load: () => Promise<void>;
  readonly list: () => readonly KeptException[];
  /** Newest first. */
  readonly changes: () => readonly ExceptionChange[];
  /** Undefined when there are as many as may be. Throws RuleError for what is no exception, StoreError. */
  readonly add: (wish: ExceptionWish) => Promise<KeptException | undefined>;
  /** The one that ended; undefined when the rule has none of that id. Throws StoreError. */
  readonly remove: (rule: string, id: string, by: string) => Promise<KeptException | undefined>;
}

export interface KeptExceptionsOptions {
  readonly store: Pick<Store, 'readState' | 'writeState'>;
  /** For `%name%` in a value. */
  readonly lists: Lists;
  readonly now: () => Date;
  readonly logger: Logger;
  /** The exceptions in force are others now. */
  readonly onChange: () => Promise<void>;
}

const STATE = 'detection/exceptions';
const MOST = LIMITS.kept_exceptions.value;
const MOST_CHANGES = LIMITS.exception_changes.value;

const keptSchema = z.strictObject({
  id: z.string(),
  rule: z.string(),
  when: z.record(z.string(), z.unknown()),
  reason: z.string(),
  until: z.string(),
  by: z.string(),
  at: z.string(),
});
const stateSchema = z.strictObject({
  exceptions: z.array(keptSchema),
  changes: z.array(exceptionChangeSchema),
});
type Saved = z.infer<typeof stateSchema>;

export function createKeptExceptions(options: KeptExceptionsOptions): KeptExceptions {
  const { store, lists, logger, now } = options;
  let saved: Saved = { exceptions: [], changes: [] };
  let present: readonly KeptException[] = [];
  let last: Promise<unknown> = Promise.resolve();

  /** One that cannot be understood any more, such as of a list that is gone, is told and not in force. */
  const understand = (one: Saved['exceptions'][number]): readonly KeptException[] => {
    const { id, by, at, ...wish } = one;
    try {
      return [{ ...checkException(wish, lists), id, by, at }];
    } catch (err) {
      logger.error({ err, exception: id, rule: one.rule }, 'An exception is not in force');
      return [];
    }
  };
  const take = async (fresh: Saved): Promise<void> => {
    const isEmpty = saved.exceptions.length === 0 && fresh.exceptions.length === 0;
    saved = fresh;
    present = fresh.exceptions.flatMap(understand);
    if (!isEmpty) await options.onChange();
  };
  const read = async (): Promise<Saved> => {
    const parsed = stateSchema.safeParse(await store.readState(STATE));
    return parsed.success ? parsed.data : { exceptions: [], changes: [] };
  };
  /** One change after the other, each on what stands in the store: another process may have written. */
  const change = <Result>(work: (before: Saved) => Promise<Result>): Promise<Result> => {
    const done = last.then(async () => work(await read()));
    last = done.catch(() => undefined);
    return done;
  };
  const write = async (exceptions: Saved['exceptions'], before: Saved, line: ExceptionChange) => {
    const fresh = { exceptions, changes: [line, ...before.changes].slice(0, MOST_CHANGES) };
    await store.writeState(STATE, fresh);
    logger.info({ ...line }, 'An exception of a rule was changed');
    await take(fresh);
  };

  return {
    load: () => change(take),
    list: () => present,
    changes: () => saved.changes,
    add: async (wish) => {
      const { by, ...content } = wish;
      const checked = checkException(content, lists);
      return change(async (before) => {
        if (before.exceptions.length >= MOST) return undefined;
        const at = now().toISOString();
        const id = randomUUID();
        const one = { ...content, id, by, at };
        await write([...before.exceptions, one], before, {
          at,
          by,
          change: 'made',
          id,
          rule: wish.rule,
          reason: wish.reason,
        });
        return { ...checked, id, by, at };
      });
    },
    remove: (rule, id, by) =>
      change(async (before) => {
        const found = before.exceptions.find((one) => one.id === id && one.rule === rule);
        if (found === undefined) return undefined;
        const ended = present.find((one) => one.id === id);
        await write(
          before.exceptions.filter((one) => one !== found),
          before,
          { at: now().toISOString(), by, change: 'ended', id, rule, reason: found.reason },
        );
        return ended ?? { ...checkedOrEmpty(found), id, by: found.by, at: found.at };
      }),
  };
}

/** Of an exception that was not in force, what it says. */
function checkedOrEmpty({ rule, reason, when, until }: Saved['exceptions'][number]): RuleException {
  return { rule, reason, when, untilMs: Date.parse(until), filter: { kind: 'any', of: [] } };
}
