import { describe, expect, it } from 'vitest';
import { describeCommand } from './describe-command.ts';

const START = `import codecs,os,sys;_=codecs.decode;exec(_(_("eNqabc+/=".encode(),"base64"),"zip"))`;

describe('describeCommand() of programs that manage machines', () => {
  it.each([
    `/usr/bin/python3 -c ${START}`,
    `/usr/bin/python3 -c '${START}' mitogen:deploy@control:4711`,
    `python3.11 -B -c ${START}`,
  ])('knows the start of mitogen: %s', (text) => {
    expect(describeCommand(text).traits).toEqual(['management_code']);
    expect(describeCommand(text).programs[0]).toMatch(/^python/);
  });

  it.each([
    `/usr/bin/python3 -c ${START};os.system("id")`,
    `/usr/bin/python3 -c ${START} && id`,
    `/usr/bin/python3 -c 'import os' mitogen:deploy@control:4711; id`,
    `/usr/bin/perl -c ${START}`,
  ])('takes nothing else for it: %s', (text) => {
    expect(describeCommand(text).traits).not.toEqual(['management_code']);
  });
});
