import { expect, it } from 'vitest';
import { createSshPorts } from './ssh-ports.ts';

it('createSshPorts() reads the ports of sshd as its configuration writes them, and 22', () => {
  const texts = [
    '#Port 99\nPort 2222\nport=2200\nPort 0\nPort 70000\nListenAddress 192.0.2.1:2022\n',
    'ListenAddress [2001:db8::1]:2023\nListenAddress 2001:db8::1\nPermitRootLogin no 5\n',
  ];
  let nowMs = 0;
  const ports = createSshPorts(
    () => nowMs,
    () => texts,
  );
  expect(ports()).toEqual([22, 2222, 2200, 2022, 2023]);
  texts.length = 0;
  expect(ports()).toContain(2222);
  nowMs = 60_000;
  expect(ports()).toEqual([22]);
});
