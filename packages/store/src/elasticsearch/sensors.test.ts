import type { SocEvent } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { sampleEvent } from '../../test/conformance.ts';
import { eventOf } from './sensors.ts';

const EVENT = sampleEvent('e1', { hostname: 'web01' });
const read = (more: object, event: SocEvent = EVENT) =>
  eventOf({
    _index: 'soc-logs-2026.03.01',
    _id: 'e1',
    _source: { ...event, ...more },
  });
const by = (name: string, hosts?: readonly string[]) => ({
  shipped_by: {
    username: `soc_sensor_${name}`,
    ...(hosts === undefined ? {} : { metadata: { hosts } }),
  },
});

describe('eventOf()', () => {
  it('eventOf() gives back what no sensor has sent as it is', () => {
    expect(read({})).toEqual(EVENT);
    expect(read({ shipped_by: { username: 'soc_filebeat' }, flags: ['self_test'] })).toEqual({
      ...EVENT,
      flags: ['self_test'],
    });
  });

  it('eventOf() has the name of the sensor from the server alone', () => {
    expect(read({ sensor: 'web09' })).not.toHaveProperty('sensor');
    expect(read({ sensor: 'web09', shipped_by: { username: 'soc_filebeat' } })).not.toHaveProperty(
      'sensor',
    );
    expect(read({ sensor: 'web09', ...by('web01') })).toMatchObject({ sensor: 'web01' });
  });

  it.each([
    ['web01', 'web01', undefined, true],
    ['WEB01', 'web01', undefined, true],
    ['web01.example.net', 'web01', undefined, true],
    ['web011', 'web01', undefined, false],
    ['web02', 'web01', undefined, false],
    ['web02', 'relay', ['web02', 'web03'], true],
    ['relay', 'relay', ['web02'], false],
    ['web02.other.example', 'relay', ['web02.example.net'], false],
    ['web02', 'relay', ['web02.example.net'], false],
  ] as const)(
    'eventOf() of host %s by sensor %s for %s: own is %s',
    (hostname, name, hosts, isOwn) => {
      const event = read(by(name, hosts), { ...EVENT, hostname });
      expect(event?.flags ?? []).toEqual(isOwn ? [] : ['other_host']);
    },
  );

  it('eventOf() lets no sensor pass for the self-test, and leaves out what no event has', () => {
    expect(read({ ...by('web01'), flags: ['self_test', 'cut'] })?.flags).toEqual(['cut']);
    expect(read({ ...by('web01'), flags: 'cut', source_port: 'x', made_up: {} })).toEqual({
      ...EVENT,
      source_port: undefined,
      sensor: 'web01',
    });
    expect(read({ ...by('web01'), message: 1 })).toBeUndefined();
    expect(read({ ...by('web01'), '@timestamp': 'yesterday' })).toBeUndefined();
  });
});
