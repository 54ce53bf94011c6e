import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withSecretFiles } from './secret-files.ts';

async function fileWith(text: string): Promise<string> {
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'soc-secret-')), 'secret');
  await writeFile(file, text);
  return file;
}

describe('withSecretFiles()', () => {
  it.each([
    ['s3cret', 's3cret'],
    ['s3cret\n', 's3cret'],
    ['s3cret\r\n', 's3cret'],
    [' s3 cret \n', ' s3 cret '],
  ])('withSecretFiles() reads %j as %j', async (text, secret) => {
    const variables = await withSecretFiles({ API_TOKEN_FILE: await fileWith(text), OTHER: 'x' });
    expect(variables).toMatchObject({ API_TOKEN: secret, OTHER: 'x' });
  });

  it('withSecretFiles() reads files for secrets only, and leaves out empty names', async () => {
    const file = await fileWith('/bin');
    expect(await withSecretFiles({ LOG_LEVEL_FILE: file, API_TOKEN_FILE: '' })).not.toHaveProperty(
      'LOG_LEVEL',
    );
  });

  it.each([
    ['', 'it is empty'],
    ['\n', 'it is empty'],
    ['  \n', 'it is empty'],
    ['one\ntwo\n', 'it has more'],
  ])('withSecretFiles() refuses a file with %j in one sentence', async (text, why) => {
    const file = await fileWith(text);
    await expect(withSecretFiles({ ELASTICSEARCH_PASSWORD_FILE: file })).rejects.toMatchObject({
      faults: [
        expect.stringMatching(new RegExp(`^ELASTICSEARCH_PASSWORD_FILE  Expected.*${why}$`)),
      ],
    });
  });

  it('withSecretFiles() names every file that cannot be read, and a secret given twice', async () => {
    await expect(
      withSecretFiles({
        API_TOKEN_FILE: '/no/such/file',
        ELASTICSEARCH_API_KEY: 'a',
        ELASTICSEARCH_API_KEY_FILE: '/no/such/file',
      }),
    ).rejects.toMatchObject({
      faults: [
        "API_TOKEN_FILE  Cannot read the secret: ENOENT: no such file or directory, open '/no/such/file'",
        'ELASTICSEARCH_API_KEY_FILE  Expected either ELASTICSEARCH_API_KEY or ELASTICSEARCH_API_KEY_FILE: both are set',
      ],
    });
  });
});
