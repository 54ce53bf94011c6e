/** Units and scripts of 0.1.0 name the command by a path that it left. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '..');

describe('the former path of the command', () => {
  it('still runs it, with its arguments and its exit code', () => {
    const file = path.join(ROOT, 'services/embedded/bin/soc.js');
    const parsed = spawnSync(process.execPath, [file, 'parse'], {
      input: 'no line of a log\n',
      encoding: 'utf8',
    });
    expect(parsed.status).toBe(0);
    expect(JSON.parse(parsed.stdout)).toEqual({ event: null });
    const refused = spawnSync(process.execPath, [file, 'nonsense'], { encoding: 'utf8' });
    expect(refused.status).toBe(2);
  });
});
