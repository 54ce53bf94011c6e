/** Scans that a firewall sees, none of them fast. */
import type { Kind } from '../kind.ts';
import { dropped } from '../logs.ts';

export const SCANS: readonly Kind[] = [
  {
    name: 'slow_scan',
    sentence: 'one address tries a port every 20 seconds, a thousand of them',
    happen(scene) {
      const source = scene.stranger();
      for (let port = 1; port <= 1000; port += 1)
        dropped(scene, scene.at(1) + port * 20_000, { source, toPort: port });
    },
  },
  {
    name: 'very_slow_scan',
    sentence: 'one address tries a port every five minutes, all day',
    happen(scene) {
      const source = scene.stranger();
      for (let index = 0; index < 280; index += 1)
        dropped(scene, scene.at(0) + index * 300_000, { source, toPort: 1 + index * 7 });
    },
  },
  {
    name: 'scan_of_one_port',
    sentence: 'one address tries one port at a hundred machines',
    happen(scene) {
      const source = scene.stranger();
      for (let machine = 1; machine <= 100; machine += 1)
        dropped(scene, scene.at(6) + machine * 1500, {
          source,
          toPort: 3389,
          destination: `${scene.hostAddress.slice(0, -2)}.${machine}`,
        });
    },
  },
  {
    name: 'scan_of_services',
    sentence: 'one address tries the fifty usual ports within some minutes',
    happen(scene) {
      const source = scene.stranger();
      for (let index = 0; index < 50; index += 1)
        dropped(scene, scene.at(9) + index * 6000, { source, toPort: 20 + index * 61 });
    },
  },
  {
    name: 'scan_without_syn',
    sentence: 'one address tries ports with packets that begin nothing',
    happen(scene) {
      const source = scene.stranger();
      const tcpFlags = scene.random.pick(['FIN', 'URG PSH FIN', '']);
      for (let index = 0; index < 120; index += 1)
        dropped(scene, scene.at(10) + index * 300, { source, toPort: 1 + index, tcpFlags });
    },
  },
  {
    name: 'scan_over_udp',
    sentence: 'one address tries ports over UDP',
    happen(scene) {
      const source = scene.stranger();
      for (let index = 0; index < 100; index += 1)
        dropped(scene, scene.at(11) + index * 900, {
          source,
          toPort: 1 + index * 13,
          protocol: 'UDP',
        });
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
