/**
 * Secrets from files: for each secret setting NAME, the variable NAME_FILE may name a file that has it,
 * as container engines hand secrets over. A variable is seen by everybody who may list processes.
 */
import { readFile } from 'node:fs/promises';
import { ConfigError, messageOf, SETTINGS } from '@mini-soc/model';

export type Variables = Readonly<Record<string, string | undefined>>;

const LONGEST = 65_536;

/**
 * The variables with each NAME_FILE read into NAME; one line break at the end is cut. Throws ConfigError
 * with a line for each file that cannot be read, is empty, or comes beside NAME itself.
 */
export async function withSecretFiles(variables: Variables): Promise<Variables> {
  const found: Record<string, string> = {};
  const faults: string[] = [];
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const file = variables[`${name}_FILE`] ?? '';
    if (setting.secret !== true || file === '') continue;
    if ((variables[name] ?? '') !== '') {
      faults.push(`${name}_FILE  Expected either ${name} or ${name}_FILE: both are set`);
      continue;
    }
    try {
      const secret = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
      if (secret.trim() === '')
        faults.push(`${name}_FILE  Expected a secret in "${file}": it is empty`);
      else if (secret.length > LONGEST || /[\r\n\0]/.test(secret))
        faults.push(`${name}_FILE  Expected one line in "${file}": it has more`);
      else found[name] = secret;
    } catch (error) {
      faults.push(`${name}_FILE  Cannot read the secret: ${messageOf(error)}`);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return { ...variables, ...found };
}
