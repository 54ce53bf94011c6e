import { describe, expect, it } from 'vitest';
import { expectFields, parse, type Wish } from '../test/hostile-line.ts';

const KERNEL = 'Nov 21 03:40:00 web01 kernel: ';
const SYSTEMD = 'Nov 21 03:40:00 web01 systemd[1]: ';

describe('parseLine() of what the kernel and systemd note', () => {
  it.each<[string, Wish]>([
    [
      `${KERNEL}[ 1234.567890] Out of memory: Killed process 812 (mysqld) total-vm:9kB, anon-rss:8kB`,
      { action: 'process_killed', reason: 'out_of_memory', executable: 'mysqld', pid: 812 },
    ],
    [
      `${KERNEL}su[77]: segfault at 0 ip 000055 sp 00007f error 4 in su[55+1000]`,
      { action: 'process_crashed', reason: 'segfault', executable: 'su', pid: 77 },
    ],
    [
      `${KERNEL}traps: a b[78] general protection fault ip:55 sp:7f error:0 in libc.so[7f+1000]`,
      { action: 'process_crashed', reason: 'trap', executable: 'a b' },
    ],
    [`${KERNEL}device eth0 entered promiscuous mode`, { action: 'promiscuous_on' }],
    [
      `${KERNEL}e1000 0000:00:03.0 eth0: left promiscuous mode`,
      { action: 'promiscuous_off', interface_in: 'eth0' },
    ],
    [
      `${KERNEL}usb 1-1.2: new high-speed USB device number 5 using xhci_hcd`,
      { action: 'usb_attached' },
    ],
    [
      `${KERNEL}usb-storage 1-1:1.0: USB Mass Storage device detected`,
      { action: 'usb_storage_attached' },
    ],
    [
      `${KERNEL}diamorphine: loading out-of-tree module taints kernel.`,
      { action: 'kernel_module', extra: { module: 'diamorphine' } },
    ],
    [
      `${KERNEL}TCP: request_sock_TCP: Possible SYN flooding on port [::]:443. Sending cookies.`,
      { action: 'syn_flood', destination_port: 443 },
    ],
    [
      `${KERNEL}[ 12.000000] audit: type=1400 audit(1795232400.123:4): apparmor="DENIED" operation="open" profile="/usr/sbin/x" name="/etc/shadow" pid=7 comm="x" requested_mask="r"`,
      {
        action: 'access_denied',
        reason: 'apparmor',
        executable: 'x',
        extra: {
          operation: 'open',
          profile: '/usr/sbin/x',
          name: '/etc/shadow',
          requested_mask: 'r',
        },
      },
    ],
    [
      'type=AVC msg=audit(1795232400.123:4): avc:  denied  { read } for  pid=7 comm="x" name="shadow" scontext=a:b:c tcontext=d:e:f tclass=file',
      { action: 'access_denied', reason: 'selinux', executable: 'x' },
    ],
    [
      `${SYSTEMD}backup.service: Failed with result 'exit-code'.`,
      { action: 'unit_failed', reason: 'exit_code', extra: { unit: 'backup.service' } },
    ],
    [
      `${SYSTEMD}web.service: Main process exited, code=dumped, status=11/SEGV`,
      { action: 'process_crashed', reason: 'signal_segv' },
    ],
    [
      `${SYSTEMD}Started run-u77.service - /bin/sh -c id.`,
      { action: 'unit_started', command: '/bin/sh -c id' },
    ],
  ])('%s', (line, wish) => expectFields(parse(line), { log_type: 'system', ...wish }));

  it.each([
    `${KERNEL}eth0: link becomes ready`,
    `${KERNEL}audit: type=1400 audit(1795232400.123:4): apparmor="ALLOWED" operation="open" comm="x"`,
    `${SYSTEMD}Started Session 5 of User alice.`,
    `${SYSTEMD}web.service: Main process exited, code=exited, status=1/FAILURE`,
    `${SYSTEMD}Started x\nrun-u1.service - y.`,
    'Nov 21 03:40:00 web01 logger: device eth0 entered promiscuous mode',
  ])('leaves what is of no note: %s', (line) => expect(parse(line)).toBeUndefined());
});
