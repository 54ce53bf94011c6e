/** Response as a process of its own for tests: options as JSON in the first argument. */
import path from 'node:path';
import { ignoreLimits, parseIpAddress } from '@mini-soc/model';
import { createLogger } from '@mini-soc/service-kit';
import { z } from 'zod';
import { buildResponse } from '../src/app.ts';
import { createFileStore } from './file-store.ts';
import { SETTINGS } from './response-fixture.ts';

const options = z
  .strictObject({
    folder: z.string(),
    /** A port of the loopback interface, or the path of a socket. */
    listen: z.union([z.number(), z.string()]),
    mode: z.enum(['simulate', 'enforce']),
    firewall: z.enum(['auto', 'nftables', 'iptables', 'ufw']).default('auto'),
    blockDurationMs: z.number().default(3_600_000),
    isReplica: z.boolean().default(false),
    ownAddresses: z.array(z.string()).default([]),
  })
  .parse(JSON.parse(process.argv[2] ?? '{}'));

const response = await buildResponse({
  store: createFileStore(path.join(options.folder, 'audit')),
  dataDirectory: options.folder,
  settings: {
    ...SETTINGS,
    token: 'a token of the test',
    mode: options.mode,
    firewall: options.firewall,
    blocksPerMinute: 100_000,
    // The stranger of the tests is on the same link.
    blockPrivate: true,
    blockDurationMs: options.blockDurationMs,
  },
  ...(options.isReplica ? { replica: { url: `http://127.0.0.1:${options.listen}` } } : {}),
  ownAddresses: () => options.ownAddresses.flatMap((text) => parseIpAddress(text) ?? []),
  now: () => new Date(),
  onLimit: ignoreLimits,
  logger: createLogger({ name: 'response', level: 'silent' }),
  version: 'test',
});
await response.start();
await response.app.listen(
  typeof options.listen === 'number'
    ? { port: options.listen, host: '127.0.0.1' }
    : { path: options.listen },
);
process.on('SIGTERM', () => {
  void response.stop().then(() => process.exit(0));
});
process.stdout.write('up\n');
