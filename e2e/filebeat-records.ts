/** Entries of the journal and records of Windows as Filebeat's inputs make them, with what is to come of them. */
import { ARRIVAL_MS, type ShippedCase } from './filebeat-cases.ts';

export const JOURNAL_CASE: ShippedCase = {
  id: 'journal-1',
  arrivalMs: ARRIVAL_MS,
  timestamp: '2026-11-21T11:59:58.123456Z',
  fields: {
    input: { type: 'journald' },
    message: 'Failed password for root from 203.0.113.7 port 4711 ssh2',
    host: { hostname: 'web01', id: '0123' },
    log: { syslog: { appname: 'sshd', procid: 411, priority: 6, facility: { code: 4 } } },
    journald: { pid: 411, uid: 0, gid: 0, process: { name: 'sshd' }, host: { boot_id: '4567' } },
    systemd: { transport: 'syslog', unit: 'ssh.service' },
    event: { kind: 'event' },
  },
};

function record(code: string, data: Readonly<Record<string, unknown>>): ShippedCase {
  return {
    id: `windows-${code}`,
    arrivalMs: ARRIVAL_MS,
    timestamp: '2026-11-21T11:59:58.123456700Z',
    fields: {
      input: { type: 'winlog' },
      message: 'A text for people.',
      event: { code, provider: 'Microsoft-Windows-Security-Auditing' },
      host: { name: 'WS07' },
      log: { level: 'information' },
      winlog: {
        channel: 'Security',
        provider_name: 'Microsoft-Windows-Security-Auditing',
        event_id: code,
        record_id: 815,
        computer_name: 'WS07.example.org',
        process: { pid: 700, thread: { id: 712 } },
        event_data: data,
      },
    },
  };
}

const COMMON = {
  '@timestamp': '2026-11-21T11:59:58.123Z',
  log_type: 'windows',
  hostname: 'WS07.example.org',
};

export const WINDOWS_CASES: readonly {
  readonly name: string;
  readonly shipped: ShippedCase;
  readonly wish: Readonly<Record<string, unknown>> | null;
}[] = [
  {
    name: '4625, a wrong password over the network,',
    shipped: record('4625', {
      TargetUserName: 'alice',
      TargetDomainName: 'EXAMPLE',
      Status: '0xc000006d',
      SubStatus: '0xc000006a',
      LogonType: '3',
      AuthenticationPackageName: 'NTLM',
      WorkstationName: 'KALI',
      IpAddress: '::ffff:203.0.113.7',
      IpPort: '49152',
      ProcessId: '0x2bc',
      ProcessName: '-',
    }),
    wish: {
      ...COMMON,
      event_id: 'windows-4625',
      action: 'windows_logon',
      status: 'failure',
      reason: 'bad_password',
      username: 'alice',
      source_ip: '203.0.113.7',
      source_port: 49152,
      auth_method: 'NTLM',
      pid: 700,
      extra: { event_code: 4625, channel: 'Security', LogonType: '3', TargetDomainName: 'EXAMPLE' },
    },
  },
  {
    name: '4624, a service of the machine itself,',
    shipped: record('4624', {
      TargetUserName: 'WS07$',
      LogonType: '5',
      IpAddress: '-',
      IpPort: '-',
      WorkstationName: '-',
      ProcessName: 'C:\\Windows\\System32\\services.exe',
    }),
    wish: {
      ...COMMON,
      action: 'windows_logon',
      status: 'success',
      username: 'WS07$',
      executable: 'C:\\Windows\\System32\\services.exe',
    },
  },
  {
    name: '4688, a new process,',
    shipped: record('4688', {
      SubjectUserName: 'alice',
      TargetUserName: '-',
      NewProcessId: '0x1a2c',
      NewProcessName: 'C:\\Windows\\System32\\cmd.exe',
      CommandLine: 'cmd.exe /c whoami',
      ParentProcessName: 'C:\\Windows\\explorer.exe',
    }),
    wish: {
      ...COMMON,
      action: 'command_execution',
      status: 'executed',
      username: 'alice',
      command: 'cmd.exe /c whoami',
      executable: 'C:\\Windows\\System32\\cmd.exe',
      program: 'cmd.exe',
      pid: 6700,
    },
  },
  {
    name: '4634, which has no meaning here,',
    shipped: record('4634', { TargetUserName: 'alice' }),
    wish: null,
  },
];
