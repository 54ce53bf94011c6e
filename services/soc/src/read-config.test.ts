import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from './read-config.ts';

function configFile(text: string): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'soc-config-')), 'config.yaml');
  writeFileSync(file, text);
  return file;
}

describe('readConfig()', () => {
  it('lets flags win over variables and variables over the file', async () => {
    const file = configFile('data_dir: /from/file\nconsole_port: 9000\ndetection_port: 9001\n');
    const settings = await readConfig({
      file,
      variables: { CONSOLE_PORT: '9100', DATA_DIR: '/from/environment' },
      flags: { DATA_DIR: '/from/flag' },
    });
    expect(settings).toMatchObject({
      DATA_DIR: '/from/flag',
      CONSOLE_PORT: 9100,
      DETECTION_PORT: 9001,
    });
  });

  it('reads lists as comma-separated text', async () => {
    const file = configFile('response_allowlist: [10.0.0.0/8, "2001:db8::/32"]\n');
    const settings = await readConfig({ file, variables: {}, flags: {} });
    expect(settings.RESPONSE_ALLOWLIST.map((range) => range.text)).toEqual([
      '10.0.0.0/8',
      '2001:db8::/32',
    ]);
  });

  it.each([
    ['data_dri: x\n', /data_dri {2}Expected a setting named in \.env\.example/],
    ['a: [b\n', /Cannot read the configuration file/],
    ['data_dir: x\ndata_dir: y\n', /Map keys must be unique/],
    ['data_dir: { a: b }\n', /"data_dir" is not one/],
    [
      'console_port: 70000\n',
      /CONSOLE_PORT {2}Expected a port from 0 to 65535: current value is "70000"/,
    ],
  ])('refuses %j in a sentence', async (text, wish) => {
    await expect(readConfig({ file: configFile(text), variables: {}, flags: {} })).rejects.toThrow(
      wish,
    );
  });

  it('names a file that is not there', async () => {
    await expect(
      readConfig({ file: '/nowhere/config.yaml', variables: {}, flags: {} }),
    ).rejects.toThrow(/"\/nowhere\/config\.yaml"/);
  });

  it('reports all faults together', async () => {
    const wrong = readConfig({
      file: undefined,
      variables: { CONSOLE_PORT: 'x', BLOCK_DURATION: 'soon' },
      flags: {},
    });
    await expect(wrong).rejects.toThrow(/CONSOLE_PORT[\s\S]*BLOCK_DURATION/);
  });
});
