/** For the build of a program: what the YAML files of a folder mean. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { listTexts, type KnownTexts } from './known-texts.ts';
import { parseYaml } from './parse-yaml.ts';

/** Of the files in it, not of those below. Throws when the folder cannot be read. */
export async function listFolderTexts(directory: string): Promise<KnownTexts> {
  const names = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name));
  const texts = await Promise.all(
    names.map((name) => readFile(path.join(directory, name), 'utf8')),
  );
  return listTexts(texts, (text) => parseYaml(text, 'rules').map(({ value }) => value));
}
