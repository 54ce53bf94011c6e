/**
 * The changelog's section of a version, for its release: release-notes.ts v0.2.0
 *
 * Refuses a tag that is not a version, one that package.json does not have, and a version of which the
 * changelog says nothing.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** A version of semver.org, as far as an image can be tagged with it: no build number. */
const TAG = /^v((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?)$/;

export interface Release {
  readonly tag: string;
  readonly changelog: string;
  /** Of package.json. */
  readonly version: string;
}

/** The entries of the section `## VERSION` (a date may follow). Throws Error with one sentence. */
export function releaseNotes({ tag, changelog, version }: Release): string {
  const wanted = TAG.exec(tag)?.[1];
  if (wanted === undefined)
    throw new Error(`Cannot release: expected a tag such as v0.2.0: current value is "${tag}"`);
  if (wanted !== version)
    throw new Error(
      `Cannot release "${tag}": package.json must have the version ${wanted}: current value is "${version}"`,
    );
  const lines = changelog.split('\n');
  const isHeading = (line: string): boolean => line.startsWith('## ');
  const start = lines.findIndex((line) => isHeading(line) && line.split(/\s+/)[1] === wanted);
  if (start < 0)
    throw new Error(`Cannot release "${tag}": CHANGELOG.md has no section "## ${wanted}"`);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex(isHeading);
  const notes = (end < 0 ? rest : rest.slice(0, end)).join('\n').trim();
  if (notes === '')
    throw new Error(`Cannot release "${tag}": the section "## ${wanted}" of CHANGELOG.md is empty`);
  return `${notes}\n`;
}

/** Prints the notes; exit code 2 and one sentence when there are none. */
function main(tag: string): number {
  const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(read('package.json')));
  try {
    process.stdout.write(releaseNotes({ tag, changelog: read('CHANGELOG.md'), version }));
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = main(process.argv[2] ?? '');
