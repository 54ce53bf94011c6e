/** What the store takes on the disk, and how much of it is unused: for /metrics, and from there for `soc status`. */
import { Gauge, type Fetch, type Registry } from '@mini-soc/service-kit';
import type { Store, StoreSize } from '@mini-soc/store';

const BYTES = 'soc_store_bytes';
const DEAD_BYTES = 'soc_store_dead_bytes';
const TIMEOUT_MS = 3000;
const MEBIBYTE = 1_048_576;

/** Asking costs the database milliseconds in which nothing is stored, and a size changes slowly. */
const FRESH_MS = 10_000;

/** `monotonicMs`: a clock that never goes back. */
export function createStoreMetrics(
  registry: Registry,
  store: Pick<Store, 'size'>,
  monotonicMs: () => number = () => performance.now(),
): void {
  let asked: Promise<StoreSize | undefined> | undefined;
  let askedMs = 0;
  const sizeOf = (): Promise<StoreSize | undefined> => {
    if (asked !== undefined && monotonicMs() - askedMs < FRESH_MS) return asked;
    askedMs = monotonicMs();
    asked = store.size?.().catch(() => undefined) ?? Promise.resolve(undefined);
    return asked;
  };
  const gauge = (name: string, help: string, read: (size: StoreSize) => number): Gauge =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const size = await sizeOf();
        if (size !== undefined) this.set(read(size));
      },
    });
  gauge(BYTES, 'What the store takes on the disk', (size) => size.fileBytes);
  gauge(
    DEAD_BYTES,
    'Of what the store takes on the disk, unused: free for new events, not for others',
    (size) => size.deadBytes,
  );
}

/** Asks /metrics; undefined where the store is no file, or nobody answers. */
export async function readStoreSize(
  url: string,
  token: string,
  ask: Fetch = fetch,
): Promise<StoreSize | undefined> {
  try {
    const response = await ask(url, {
      headers: token === '' ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return parseStoreSize(await response.text());
  } catch {
    return undefined;
  }
}

export function parseStoreSize(metrics: string): StoreSize | undefined {
  const read = (name: string): number =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN);
  const size = { fileBytes: read(BYTES), deadBytes: read(DEAD_BYTES) };
  return Number.isFinite(size.fileBytes + size.deadBytes) ? size : undefined;
}

export function storeSizeText({ fileBytes, deadBytes }: StoreSize): string {
  const share = fileBytes === 0 ? 0 : Math.round((100 * deadBytes) / fileBytes);
  return `The store takes ${(fileBytes / MEBIBYTE).toFixed(1)} MiB on the disk, ${share}% of it unused`;
}
