import { describe, expect, it } from 'vitest';
import { toDocument } from './index.ts';

const PARSED = {
  '@timestamp': '2026-11-21T03:40:00.000Z',
  message: 'x',
  log_type: 'auth',
  action: 'ssh_event',
  status: 'info',
} as const;
const ORIGIN = {
  eventId: 'id',
  ingestedAt: '2026-11-21T03:40:01.000Z',
  file: '/var/log/auth.log',
  offset: 0,
  flags: [],
};

describe('toDocument()', () => {
  it('adds the id, the arrival and the place', () => {
    expect(toDocument({ ...PARSED }, ORIGIN)).toEqual({
      ...PARSED,
      event_id: 'id',
      ingested_at: '2026-11-21T03:40:01.000Z',
      log_file: '/var/log/auth.log',
      log_offset: 0,
    });
  });

  it('leaves a place absent that nobody knows', () => {
    const document = toDocument({ ...PARSED }, { ...ORIGIN, file: undefined, offset: undefined });
    expect(document).not.toHaveProperty('log_file');
    expect(document).not.toHaveProperty('log_offset');
  });

  it.each([
    ['2001:db8:77:1::9', '2001:db8:77:1::/64'],
    ['2001:db8:77:1:ffff:ffff:ffff:ffff', '2001:db8:77:1::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['::1', '::/64'],
    ['203.0.113.7', undefined],
    ['bad:address', undefined],
  ])('says which network %s is in (N23)', (source_ip, network) => {
    expect(toDocument({ ...PARSED, source_ip }, ORIGIN).source_network).toBe(network);
  });

  it('does not believe a line that names a network', () => {
    const parsed = { ...PARSED, source_ip: '2001:db8::1', source_network: '2001:db8:77:1::/64' };
    expect(toDocument(parsed, ORIGIN).source_network).toBe('2001:db8::/64');
  });

  it('puts the flags of the line behind those of the parser', () => {
    expect(
      toDocument({ ...PARSED, flags: ['ambiguous'] }, { ...ORIGIN, flags: ['cut'] }).flags,
    ).toEqual(['ambiguous', 'cut']);
  });
});
