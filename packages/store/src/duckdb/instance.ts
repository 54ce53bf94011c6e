/**
 * Instances of DuckDB. A file has one of its own: what it gives up is closed with it. Databases in memory share
 * one, for an instance takes fifteen times as long to make as a database in it, and who opens many of them, such
 * as the tests of rules, would wait for little else.
 */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

export const IN_MEMORY = ':memory:';

/** Without it DuckDB takes what is free when it is opened: nothing on a full disk, and for ever. */
const MOST_TEMPORARY = '4GB';

export interface InstanceOptions {
  readonly path: string;
  readonly memoryLimitMb: number;
  readonly threads: number;
}

export function createInstance(options: InstanceOptions): Promise<DuckDBInstance> {
  return DuckDBInstance.create(IN_MEMORY, {
    memory_limit: `${options.memoryLimitMb}MB`,
    threads: String(options.threads),
    // What is not yet in the file is held in memory; each checkpoint writes the last rows anew. In
    // quiet times the store asks for one much earlier.
    checkpoint_threshold: '64MB',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    ...(options.path === IN_MEMORY
      ? {}
      : { temp_directory: `${options.path}.tmp`, max_temp_directory_size: MOST_TEMPORARY }),
  });
}

/** By their settings; they last as long as the process. */
const shared = new Map<string, Promise<DuckDBInstance>>();
let databases = 0;

export interface MemoryDatabase {
  readonly raw: DuckDBConnection;
  /** The database and all that is in it are gone when it resolves; the instance stays. */
  readonly close: () => Promise<void>;
}

/** A new, empty database of its own, which its connection uses. */
export async function connectInMemory(options: InstanceOptions): Promise<MemoryDatabase> {
  const key = `${options.memoryLimitMb} MB, ${options.threads} threads`;
  const instance = shared.get(key) ?? createInstance(options);
  shared.set(key, instance);
  instance.catch(() => shared.delete(key));
  const raw = await (await instance).connect();
  databases += 1;
  const name = `memory_${databases}`;
  await raw.run(`ATTACH '${IN_MEMORY}' AS ${name}`);
  await raw.run(`USE ${name}`);
  return {
    raw,
    async close() {
      try {
        await raw.run('USE memory');
        await raw.run(`DETACH ${name}`);
      } catch {
        shared.delete(key); // given up: what is opened next gets another
      }
      raw.closeSync();
    },
  };
}
