/**
 * The addresses that a remote point may have from us, on disk: those it was told to block and has not
 * confirmed to be free. Where the point cannot say itself what it has, this alone tells after a restart what
 * is to be lifted there. Each ledger file has its own, begun as a copy of that of the one before (see
 * replica.ts), so that a process that lost the lease cannot write into what the next one uses.
 */
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  LIMITS,
  messageOf,
  parseIpAddress,
  UsageError,
  type IpAddress,
  type LimitListener,
} from '@mini-soc/model';
import { z } from 'zod';
import { openJournal } from '../ledger/journal.ts';

export interface ToldAddresses {
  readonly has: (address: IpAddress) => boolean;
  readonly all: () => Iterable<IpAddress>;
  /** On the disk when it resolves: to be called before the point is told. Throws AppError, retryable. */
  readonly add: (addresses: readonly IpAddress[]) => Promise<void>;
  /** A crash may lose it: then they are lifted once more. Throws AppError, retryable. */
  readonly remove: (addresses: readonly IpAddress[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface ToldAddressesOptions {
  readonly directory: string;
  /** Name of the point. */
  readonly point: string;
  /** Name of the ledger's file. */
  readonly ledger: string;
  readonly onLimit: LimitListener;
}

const entrySchema = z.object({ kind: z.enum(['told', 'free']), addresses: z.array(z.string()) });
type Entry = z.infer<typeof entrySchema>;
const PER_ENTRY = 1000;
/** What an address takes in the file, about. */
const ADDRESS_BYTES = 24;
const MOST = LIMITS.point_addresses.value;
const SLACK_BYTES = LIMITS.journal_slack_bytes.value;

/** Throws UsageError when the folder cannot be used. */
export async function openToldAddresses(options: ToldAddressesOptions): Promise<ToldAddresses> {
  const folder = path.join(options.directory, 'points');
  const told = new Set<IpAddress>();
  const apply = ({ kind, addresses }: Entry): void => {
    for (const text of addresses) {
      const address = parseIpAddress(text);
      if (address === undefined) continue;
      if (kind === 'told') told.add(address);
      else told.delete(address);
    }
  };
  const opening = async () => {
    const file = await inherit(folder, options);
    return openJournal(file, (found) => {
      const entry = entrySchema.safeParse(found);
      if (entry.success) apply(entry.data);
    });
  };
  const { journal } = await opening().catch((cause: unknown) => {
    throw new UsageError(
      `Cannot open the notes on the point "${options.point}" in "${folder}": ${messageOf(cause)}`,
      { cause },
    );
  });
  const write = async (
    kind: Entry['kind'],
    addresses: readonly IpAddress[],
    durable: boolean,
  ): Promise<void> => {
    if (addresses.length === 0) return;
    const entries = inEntries(kind, addresses);
    await journal.append(entries, durable);
    for (const entry of entries) apply(entry);
    if (journal.sizeBytes() > 2 * ADDRESS_BYTES * told.size + SLACK_BYTES)
      await journal.rewrite(inEntries('told', [...told]));
  };
  return {
    has: (address) => told.has(address),
    all: () => told,
    async add(addresses) {
      await write(
        'told',
        addresses.filter((address) => !told.has(address)),
        true,
      );
      const excess = told.size - MOST;
      if (excess <= 0) return;
      options.onLimit('point_addresses', excess);
      await write('free', [...told].slice(0, excess), false);
    },
    remove: (addresses) =>
      write(
        'free',
        addresses.filter((address) => told.has(address)),
        false,
      ),
    close: journal.close,
  };
}

function inEntries(kind: Entry['kind'], addresses: readonly IpAddress[]): readonly Entry[] {
  return Array.from({ length: Math.ceil(addresses.length / PER_ENTRY) }, (_none, index) => ({
    kind,
    addresses: addresses.slice(index * PER_ENTRY, (index + 1) * PER_ENTRY),
  }));
}

/** The file that goes with the ledger; where there is none yet, a copy of the last one. */
async function inherit(
  folder: string,
  { point, ledger }: Pick<ToldAddressesOptions, 'point' | 'ledger'>,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, `${point}.${ledger}`);
  const names = (await readdir(folder))
    .filter((name) => name.startsWith(`${point}.`) && name.endsWith('.ndjson'))
    .toSorted((a, b) => epochOf(a) - epochOf(b));
  const own = path.basename(file);
  const last = names.at(-1);
  if (last !== undefined && !names.includes(own)) {
    await copyFile(path.join(folder, last), `${file}.tmp`);
    await rename(`${file}.tmp`, file);
  }
  for (const name of names)
    if (epochOf(name) < epochOf(own)) await rm(path.join(folder, name), { force: true });
  return file;
}

/** 0 for the ledger of a process on its own. */
function epochOf(name: string): number {
  return Number(/\.(\d{12})\.ndjson$/.exec(name)?.[1] ?? 0);
}
