/** What the store takes on the disk, and how much of it is unused, for /metrics. */
import { Gauge, type Registry } from '@mini-soc/service-kit';
import type { Store, StoreSize } from '@mini-soc/store';

export function createStoreMetrics(registry: Registry, store: Pick<Store, 'size'>): void {
  const gauge = (name: string, help: string, read: (size: StoreSize) => number): Gauge =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const size = await store.size?.().catch(() => undefined);
        if (size !== undefined) this.set(read(size));
      },
    });
  gauge('soc_store_bytes', 'What the store takes on the disk', (size) => size.fileBytes);
  gauge(
    'soc_store_dead_bytes',
    'Of what the store takes on the disk, unused: free for new events, not for others',
    (size) => size.deadBytes,
  );
}
