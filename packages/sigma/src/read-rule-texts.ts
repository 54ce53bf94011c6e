/** Titles, descriptions and tags of rule files, also of those that the engine cannot run. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readRuleFile } from './load-rules.ts';
import { parseYaml } from './parse-yaml.ts';

export interface RuleText {
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
}

export interface RuleTexts {
  readonly texts: readonly RuleText[];
  /** Files that could not be read. */
  readonly skipped: number;
}

const documentSchema = z.looseObject({
  title: z.string().max(1024),
  description: z.string().max(65_536).default(''),
  tags: z.array(z.string().max(256)).max(256).default([]),
});

/**
 * One text for each document with a title and tags in the .yml and .yaml files of a folder and those below
 * it, by path, at most `atMost`. A file that is no rule is counted; a folder that is not there has none.
 */
export async function readRuleTexts(directory: string, atMost: number): Promise<RuleTexts> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const texts: RuleText[] = [];
  let skipped = 0;
  for (const name of names.filter((file) => /\.ya?ml$/.test(file)).toSorted()) {
    if (texts.length >= atMost) break;
    const found = await readTexts(directory, name).catch(() => undefined);
    if (found === undefined) skipped += 1;
    else texts.push(...found.slice(0, atMost - texts.length));
  }
  return { texts, skipped };
}

async function readTexts(directory: string, file: string): Promise<readonly RuleText[]> {
  return parseYaml(await readRuleFile(directory, file), path.basename(file)).flatMap(
    ({ value }) => {
      const document = documentSchema.safeParse(value);
      return document.success && document.data.tags.length > 0
        ? [
            {
              title: document.data.title,
              description: document.data.description,
              tags: document.data.tags,
            },
          ]
        : [];
    },
  );
}
