/** Programs that use the web as they are made to, and are refused, ask for what is not there, or come back. */
import type { Kind } from '../kind.ts';
import { web } from '../logs.ts';

export const WEB_CLIENTS: readonly Kind[] = [
  {
    name: 'webdav',
    sentence: 'a mounted WebDAV folder is asked without a name first, for every file',
    happen(scene) {
      const source = scene.stranger();
      const agent = 'gvfs/1.57.2';
      for (let file = 0; file < 150; file += 1) {
        const atMs = scene.at(9, 0, 0) + file * 700;
        const target = `/dav/projects/${scene.random.token(8)}.odt`;
        web(scene, atMs, { source, target, method: 'PROPFIND', status: 401, agent });
        web(scene, atMs + 60, {
          source,
          target,
          method: 'PROPFIND',
          status: 207,
          agent,
          user: 'ada',
        });
      }
    },
  },
  {
    name: 'windows_explorer',
    sentence: 'the Explorer of Windows looks for desktop.ini and pictures in every shared folder',
    happen(scene) {
      const source = scene.stranger();
      const agent = 'Microsoft-WebDAV-MiniRedir/10.0.22631';
      for (let folder = 0; folder < 60; folder += 1) {
        const atMs = scene.at(10) + folder * 900;
        const parent = `/share/${scene.random.token(6)}`;
        web(scene, atMs, { source, target: `${parent}/`, method: 'PROPFIND', status: 207, agent });
        for (const [index, name] of ['desktop.ini', 'folder.jpg', 'Thumbs.db'].entries())
          web(scene, atMs + 100 + index, {
            source,
            target: `${parent}/${name}`,
            method: 'PROPFIND',
            status: 404,
            agent,
          });
      }
    },
  },
  {
    name: 'nextcloud_client',
    sentence: 'clients of Nextcloud synchronise folders: 401 first, then locked and missing files',
    happen(scene) {
      const agent = 'Mozilla/5.0 (Linux) mirall/3.15.2 (Nextcloud, debian-6.12.0)';
      for (let client = 0; client < 8; client += 1) {
        const source = scene.stranger();
        for (const atMs of scene.spread(120, scene.at(8), scene.at(18))) {
          const target = `/remote.php/dav/files/user${client}/${scene.random.token(6)}/${scene.random.token(5)}.txt`;
          const says = (afterMs: number, method: string, status: number, path = target): void =>
            web(scene, atMs + afterMs, { source, target: path, method, status, agent });
          if (scene.random.chance(0.3)) says(0, 'PROPFIND', 401);
          says(40, 'PROPFIND', 207);
          if (scene.random.chance(0.1)) says(80, 'PUT', 423);
          if (scene.random.chance(0.1)) says(90, 'HEAD', 404);
          if (scene.random.chance(0.2))
            says(95, 'GET', 404, `/avatar/user${client}/${scene.random.int(32, 512)}`);
          says(99, 'GET', 200, '/ocs/v2.php/apps/notifications/api/v2/notifications');
        }
      }
    },
  },
  {
    name: 'jellyfin_client',
    sentence: 'a film collection is looked through: many pictures are missing',
    happen(scene) {
      const source = scene.stranger();
      const agent = 'Jellyfin-Android/2.6.3';
      for (let film = 0; film < 200; film += 1) {
        const atMs = scene.at(20) + film * 350;
        const target = `/Items/${scene.random.hex(32)}/Images/Primary?fillHeight=320&quality=96`;
        web(scene, atMs, { source, target, status: scene.random.chance(0.4) ? 404 : 200, agent });
      }
    },
  },
  {
    name: 'grafana_dashboards',
    sentence: 'a dashboard stays open when the session has ended: every panel is refused',
    happen(scene) {
      const source = scene.stranger();
      for (let round = 0; round < 20; round += 1)
        for (let panel = 0; panel < 24; panel += 1)
          web(scene, scene.at(13, round) + panel * 20, {
            source,
            target: `/api/datasources/uid/p${panel}/resources/api/v1/label/${scene.random.token(6)}/values`,
            status: 401,
            referrer: 'https://grafana.example.org/d/abc/overview',
          });
    },
  },
  {
    name: 'gitea_client',
    sentence: 'git fetches over https: without a name first, then with one',
    happen(scene) {
      const agent = 'git/2.47.2';
      for (let developer = 0; developer < 6; developer += 1) {
        const source = scene.stranger();
        for (let round = 0; round < 12; round += 1)
          for (let repository = 0; repository < 25; repository += 1) {
            const atMs = scene.at(8 + round) + repository * 300;
            const target = `/team/repo${repository}/info/refs?service=git-upload-pack`;
            web(scene, atMs, { source, target, status: 401, agent });
            web(scene, atMs + 90, { source, target, status: 200, agent, user: `dev${developer}` });
          }
      }
    },
  },
  {
    name: 'package_registry',
    sentence: 'images are pushed: every layer is asked for by HEAD before it is sent',
    happen(scene) {
      const source = scene.stranger();
      const agent = 'docker/28.1.1 go/go1.24.2 kernel/6.12.0 os/linux arch/amd64';
      for (let push = 0; push < 12; push += 1) {
        web(scene, scene.at(9 + push / 2), { source, target: '/v2/', status: 401, agent });
        for (let layer = 0; layer < 30; layer += 1) {
          const atMs = scene.at(9 + push / 2, 0, 1) + layer * 400;
          const target = `/v2/shop/web/blobs/sha256:${scene.random.hex(64)}`;
          web(scene, atMs, { source, target, method: 'HEAD', status: 404, agent });
          web(scene, atMs + 50, {
            source,
            target: '/v2/shop/web/blobs/uploads/',
            method: 'POST',
            status: 202,
            agent,
          });
          web(scene, atMs + 200, { source, target, method: 'PUT', status: 201, agent });
        }
      }
    },
  },
  {
    name: 'package_mirror',
    sentence: 'machines fetch packages from a mirror that has not all of them',
    happen(scene) {
      for (let machine = 0; machine < 15; machine += 1) {
        const source = scene.stranger();
        const agent = 'Debian APT-HTTP/1.3 (3.0.3)';
        for (let file = 0; file < 45; file += 1) {
          const atMs = scene.at(6, machine * 2) + file * 250;
          const draw = scene.random.next();
          web(scene, atMs, {
            source,
            agent,
            target: `/debian/dists/trixie/main/binary-amd64/by-hash/SHA256/${scene.random.hex(64)}`,
            status: draw < 0.6 ? 404 : draw < 0.8 ? 304 : 200,
          });
        }
      }
    },
  },
  {
    name: 'map_tiles',
    sentence: 'a map is moved: tiles of the sea do not exist',
    happen(scene) {
      const source = scene.stranger();
      for (let tile = 0; tile < 400; tile += 1)
        web(scene, scene.at(15) + tile * 90, {
          source,
          target: `/tiles/${scene.random.int(9, 15)}/${scene.random.int(1, 9999)}/${scene.random.int(1, 9999)}.pbf`,
          status: scene.random.chance(0.6) ? 404 : 200,
          referrer: 'https://map.example.org/',
        });
    },
  },
  {
    name: 'avatars',
    sentence: 'a page shows the pictures of people who have none',
    happen(scene) {
      for (let visitor = 0; visitor < 6; visitor += 1) {
        const source = scene.stranger();
        for (let person = 0; person < 50; person += 1)
          web(scene, scene.at(11, visitor * 5) + person * 60, {
            source,
            target: `/avatar/${scene.random.hex(32)}?s=80&d=404`,
            status: 404,
            referrer: 'https://forum.example.org/members',
          });
      }
    },
  },
  {
    name: 'rate_limited_client',
    sentence: 'a program asks faster than it may and is told to wait',
    happen(scene) {
      const source = scene.stranger();
      for (let call = 0; call < 300; call += 1)
        web(scene, scene.at(14) + call * 120, {
          source,
          target: `/api/v2/orders/${scene.random.int(10_000, 99_999)}`,
          status: call % 6 === 0 ? 200 : 429,
          agent: 'okhttp/5.0.0',
        });
    },
  },
  {
    name: 'telemetry_of_devices',
    sentence: 'devices report what they measure and ask for new firmware that is not there',
    happen(scene) {
      for (let device = 0; device < 40; device += 1) {
        const source = scene.stranger();
        for (let hour = 0; hour < 24; hour += 1) {
          const atMs = scene.at(hour, scene.random.int(0, 59));
          const agent = 'ESP32HTTPClient';
          web(scene, atMs, {
            source,
            target: `/telemetry/${device}`,
            method: 'POST',
            status: 204,
            agent,
          });
          web(scene, atMs + 500, {
            source,
            target: `/firmware/sensor-v2/${device}.bin`,
            status: 404,
            agent,
          });
        }
      }
    },
  },
  {
    name: 'kubernetes_probes',
    sentence: 'a cluster asks every ten seconds whether a service lives; at first it does not',
    happen(scene) {
      const source = scene.colleague();
      for (let probe = 0; probe < 4320; probe += 1)
        web(scene, scene.at(0) + probe * 20_000, {
          source,
          target: probe % 2 === 0 ? '/healthz' : '/readyz',
          status: probe < 6 ? 503 : 200,
          agent: 'kube-probe/1.33',
          bytes: 2,
        });
    },
  },
  {
    name: 'printers',
    sentence: 'people print, and the printer asks who it is',
    happen(scene) {
      const source = scene.colleague();
      for (const atMs of scene.spread(150, scene.at(8), scene.at(18)))
        web(scene, atMs, {
          source,
          target: '/ipp/print',
          method: 'POST',
          status: scene.random.chance(0.2) ? 401 : 200,
          agent: 'CUPS/2.4.10 (Linux 6.12.0; x86_64) IPP/2.0',
        });
    },
  },
];
