/** Scans that a firewall sees, none of them fast. */
import type { Kind } from '../kind.ts';
import { dropped, every } from '../logs.ts';

export const SCANS: readonly Kind[] = [
  {
    name: 'slow_scan',
    sentence: 'one address tries a port every 20 seconds, a thousand of them',
    happen(scene) {
      const source = scene.stranger();
      for (const [index, atMs] of every(scene.at(1, 0, 20), 1000, 20_000).entries())
        dropped(scene, atMs, { source, toPort: 1 + index });
    },
  },
  {
    name: 'very_slow_scan',
    sentence: 'one address tries a port every five minutes, all day',
    happen(scene) {
      const source = scene.stranger();
      for (const [index, atMs] of every(scene.at(0), 280, 300_000).entries())
        dropped(scene, atMs, { source, toPort: 1 + index * 7 });
    },
  },
  {
    name: 'scan_of_one_port',
    sentence: 'one address tries one port at a hundred machines',
    happen(scene) {
      const source = scene.stranger();
      for (const [index, atMs] of every(scene.at(6) + 1500, 100, 1500).entries())
        dropped(scene, atMs, {
          source,
          toPort: 3389,
          destination: `${scene.hostAddress.slice(0, -2)}.${index + 1}`,
        });
    },
  },
  {
    name: 'scan_of_services',
    sentence: 'one address tries the fifty usual ports within some minutes',
    happen(scene) {
      const source = scene.stranger();
      for (const [index, atMs] of every(scene.at(9), 50, 6000).entries())
        dropped(scene, atMs, { source, toPort: 20 + index * 61 });
    },
  },
  {
    name: 'scan_without_syn',
    sentence: 'one address tries ports with packets that begin nothing',
    happen(scene) {
      const source = scene.stranger();
      const tcpFlags = scene.random.pick(['FIN', 'URG PSH FIN', '']);
      for (const [index, atMs] of every(scene.at(10), 120, 300).entries())
        dropped(scene, atMs, { source, toPort: 1 + index, tcpFlags });
    },
  },
  {
    name: 'scan_over_udp',
    sentence: 'one address tries ports over UDP',
    happen(scene) {
      const source = scene.stranger();
      for (const [index, atMs] of every(scene.at(11), 100, 900).entries())
        dropped(scene, atMs, { source, toPort: 1 + index * 13, protocol: 'UDP' });
    },
  },
  {
    name: 'scan_seen_by_scanlogd',
    sentence: 'a scan that scanlogd reports',
    happen(scene) {
      scene.syslog({
        atMs: scene.at(12),
        program: 'scanlogd',
        message: `${scene.stranger()}:${scene.port()} to ${scene.hostAddress} ports 80, 81, 83, 88, 99, 443, 1080, 3128, ..., fSrpauxy, TOS 00, TTL 49 @12:00:00`,
      });
    },
  },
];
