/** The token of an instance that enforces and was given none: made once, in a file that only its user can read. */
import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { messageOf, UsageError, weaknessOfToken, type Settings } from '@mini-soc/model';
import { ownTokenFile } from '../running-instance.ts';

/** The settings with a token where blocking is enforced. Throws UsageError when the file is no token's. */
export async function withOwnToken(settings: Settings): Promise<Settings> {
  if (settings.API_TOKEN !== '' || settings.RESPONSE_MODE !== 'enforce' || settings.PRODUCTION)
    return settings;
  const file = ownTokenFile(settings.DATA_DIR);
  const token = await keepToken(file);
  if (weaknessOfToken(token) !== undefined)
    throw new UsageError(
      `Cannot use the token in "${file}": it can be guessed (remove the file: a new one is made)`,
    );
  return { ...settings, API_TOKEN: token };
}

async function keepToken(file: string): Promise<string> {
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      const token = randomBytes(32).toString('base64url');
      await handle.writeFile(`${token}\n`);
      await handle.sync();
      return token;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
      throw new UsageError(`Cannot make a token in "${file}": ${messageOf(error)}`, {
        cause: error,
      });
    return (await readFile(file, 'utf8')).trim();
  }
}
