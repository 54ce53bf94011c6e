/**
 * A lease in the data folder that several processes share: at most one of them acts. Taking it is the
 * creation of a file that must not exist yet, named after the next number (the epoch), so of several
 * that try one succeeds. The holder renews it by touching the file; who waits measures on its own
 * clock how long nothing has moved, so clocks need not agree. A holder that was paused finds a higher
 * epoch when it comes back: it asks before it acts and before it answers.
 */
import { mkdir, open, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, UsageError } from '@mini-soc/model';
import { z } from 'zod';

export interface LeaseOptions {
  /** A folder of its own. */
  readonly directory: string;
  /** Where the others reach this process. */
  readonly url: string;
  /** Nothing has moved for so long: the holder is gone. Several times the time between two renewals. */
  readonly patienceMs: number;
  readonly monotonicMs: () => number;
}

export interface Lease {
  /** Looks at the lease and takes it when it is free; `atLeast` is the lowest epoch it may get. */
  readonly tryToTake: (atLeast: number) => Promise<number | undefined>;
  /** Throws AppError, retryable, when it is not ours (any more). */
  readonly assertHeld: () => Promise<void>;
  readonly renew: () => Promise<void>;
  /** The next one need not wait. */
  readonly release: () => Promise<void>;
  /** Where the holder is reached, as far as is known; ourselves included. */
  readonly holderUrl: () => string | undefined;
}

const DIGITS = 12;
const ENOUGH_POLLS = 3;
const NAME = new RegExp(`^(\\d{${DIGITS}})\\.json$`);
const claimSchema = z.looseObject({
  url: z.url({ protocol: /^https?$/ }),
  released: z.boolean(),
});
type Claim = z.infer<typeof claimSchema>;

/** An epoch as part of a file's name: sorted as text it is sorted by number. */
export function epochText(epoch: number): string {
  return String(epoch).padStart(DIGITS, '0');
}

/** Throws UsageError when the folder cannot be used. */
export async function openLease(options: LeaseOptions): Promise<Lease> {
  const { directory, monotonicMs } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new UsageError(`Cannot create the folder "${directory}" for the lease`, { cause });
  });
  const fileOf = (epoch: number) => path.join(directory, `${epochText(epoch)}.json`);
  let held: number | undefined;
  let seen: { readonly mark: string; readonly atMs: number; polls: number } | undefined;
  let claim: Claim | undefined;

  const epochs = async (): Promise<readonly number[]> =>
    (await readdir(directory))
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .toSorted((a, b) => b - a);
  const highest = async (): Promise<number> => (await epochs())[0] ?? 0;

  /** True when nobody holds it. */
  const isFree = async (epoch: number): Promise<boolean> => {
    if (epoch === 0) return true;
    const file = fileOf(epoch);
    const [text, moved] = await Promise.all([
      readFile(file, 'utf8'),
      stat(file).then((facts) => facts.mtimeMs),
    ]).catch(() => ['', 0] as const);
    claim = readClaim(text);
    if (claim?.released === true) return true;
    const mark = `${epoch} ${moved} ${text}`;
    if (seen?.mark !== mark) seen = { mark, atMs: monotonicMs(), polls: 0 };
    seen.polls += 1;
    // Both: after a pause of the whole machine the holder gets its turn before it counts as gone.
    return seen.polls > ENOUGH_POLLS && monotonicMs() - seen.atMs >= options.patienceMs;
  };
  const create = async (epoch: number): Promise<boolean> => {
    const handle = await open(fileOf(epoch), 'wx', 0o600).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined;
      throw error;
    });
    if (handle === undefined) return false;
    try {
      await handle.writeFile(JSON.stringify({ url: options.url, released: false }));
      await handle.sync();
    } finally {
      await handle.close();
    }
    return true;
  };

  return {
    async tryToTake(atLeast) {
      const last = await highest();
      if (!(await isFree(last))) return undefined;
      const epoch = Math.max(last + 1, atLeast);
      if (!(await create(epoch))) return undefined;
      // Somebody may have come and gone while this process was paused before the creation.
      if ((await highest()) !== epoch) return undefined;
      held = epoch;
      claim = { url: options.url, released: false };
      for (const old of await epochs()) if (old < epoch) await rm(fileOf(old), { force: true });
      return epoch;
    },
    async assertHeld() {
      const last = await highest();
      if (held !== undefined && last <= held) return;
      held = undefined;
      claim = readClaim(await readFile(fileOf(last), 'utf8').catch(() => ''));
      throw new AppError('LEASE_LOST', 'Cannot act: another process holds the lease by now', {
        retryable: true,
      });
    },
    async renew() {
      if (held === undefined) return;
      // Only that the time moves matters, not which it is.
      const file = fileOf(held);
      const { mtimeMs } = await stat(file);
      const next = new Date(Math.max(0, mtimeMs) + 1000);
      await utimes(file, next, next);
    },
    async release() {
      if (held === undefined) return;
      const epoch = held;
      held = undefined;
      await writeFile(fileOf(epoch), JSON.stringify({ url: options.url, released: true }));
    },
    holderUrl: () => (claim?.released === true ? undefined : claim?.url),
  };
}

function readClaim(text: string): Claim | undefined {
  try {
    return claimSchema.parse(JSON.parse(text));
  } catch {
    return undefined; // it is being written at this moment, or damaged: only its time counts
  }
}
