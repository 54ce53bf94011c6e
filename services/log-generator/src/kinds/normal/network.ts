/** Packets that a firewall drops although nobody scans. */
import type { Kind } from '../kind.ts';
import { dropped } from '../logs.ts';

export const NETWORK: readonly Kind[] = [
  {
    name: 'late_dns_replies',
    sentence: 'name servers answer when nobody waits any more',
    happen(scene) {
      const servers = [scene.stranger(), scene.stranger()];
      for (let burst = 0; burst < 12; burst += 1)
        for (let reply = 0; reply < 30; reply += 1)
          dropped(scene, scene.at(burst * 2) + reply * 400, {
            source: scene.random.pick(servers),
            fromPort: 53,
            toPort: scene.port(),
            protocol: 'UDP',
          });
    },
  },
  {
    name: 'late_time_replies',
    sentence: 'time servers answer late',
    happen(scene) {
      for (let server = 0; server < 4; server += 1) {
        const source = scene.stranger();
        for (let reply = 0; reply < 60; reply += 1)
          dropped(scene, scene.at(server * 5) + reply * 1500, {
            source,
            fromPort: 123,
            toPort: scene.port(),
            protocol: 'UDP',
          });
      }
    },
  },
  {
    name: 'late_web_replies',
    sentence: 'web servers answer connections that were closed here already',
    happen(scene) {
      for (let server = 0; server < 6; server += 1) {
        const source = scene.stranger();
        for (let packet = 0; packet < 60; packet += 1)
          dropped(scene, scene.at(8 + server) + packet * 500, {
            source,
            fromPort: scene.random.pick([443, 443, 80]),
            toPort: scene.port(),
            tcpFlags: scene.random.pick(['ACK RST', 'ACK', 'ACK FIN', 'RST', 'ACK PSH']),
          });
      }
    },
  },
  {
    name: 'late_mail_replies',
    sentence: 'a mail server answers connections that are gone',
    happen(scene) {
      const source = scene.stranger();
      for (let packet = 0; packet < 80; packet += 1)
        dropped(scene, scene.at(11) + packet * 700, {
          source,
          fromPort: scene.random.pick([25, 587, 993]),
          toPort: scene.port(),
          tcpFlags: scene.random.pick(['ACK RST', 'ACK FIN']),
        });
    },
  },
  {
    name: 'telephony',
    sentence: 'a telephone call tries many ports until sound comes through',
    happen(scene) {
      for (let call = 0; call < 8; call += 1) {
        const source = scene.stranger();
        const first = scene.random.int(5000, 9000) * 2;
        for (let packet = 0; packet < 40; packet += 1)
          dropped(scene, scene.at(9 + call) + packet * 100, {
            source,
            fromPort: first + 2 * (packet % 4),
            toPort: 16_384 + 2 * scene.random.int(0, 8000),
            protocol: 'UDP',
          });
      }
    },
  },
  {
    name: 'noise_of_the_internet',
    sentence: 'hundreds of strangers knock at one port or two',
    happen(scene) {
      for (const atMs of scene.spread(1500, scene.at(0), scene.at(24))) {
        const source = scene.stranger();
        const knocks = scene.random.int(1, 3);
        for (let knock = 0; knock < knocks; knock += 1)
          dropped(scene, atMs + knock * 1000, {
            source,
            toPort: scene.random.pick([22, 23, 80, 443, 445, 3389, 5060, 6379, 8080, 8443]),
          });
      }
    },
  },
  {
    name: 'neighbours',
    sentence: 'machines of the own network announce themselves',
    happen(scene) {
      for (let neighbour = 0; neighbour < 12; neighbour += 1) {
        const source = scene.colleague();
        for (const atMs of scene.spread(60, scene.at(0), scene.at(24)))
          dropped(scene, atMs, {
            source,
            fromPort: 5353,
            toPort: scene.random.pick([5353, 1900, 137, 138, 67, 3702, 17_500, 57_621]),
            protocol: 'UDP',
          });
      }
    },
  },
  {
    name: 'former_peers',
    sentence: 'hundreds of machines still want the peer that had the address before',
    happen(scene) {
      for (const atMs of scene.spread(800, scene.at(18), scene.at(23)))
        dropped(scene, atMs, { source: scene.stranger(), toPort: 51_413, protocol: 'UDP' });
    },
  },
];
