/** Paths that the patterns name now. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { LIMITS, type LimitListener } from '@mini-soc/model';
import picomatch from 'picomatch';

/** Bounds of a search, so that a pattern such as /** cannot walk the machine. */
const MAX_DEPTH = LIMITS.glob_depth.value;
const MAX_ENTRIES = LIMITS.glob_entries.value;

export interface FilePattern {
  readonly text: string;
  /** Folder that is searched, or that the plain path lies in. */
  readonly base: string;
  /** Undefined for a plain path. */
  readonly matches: ((candidate: string) => boolean) | undefined;
}

export function parsePattern(text: string): FilePattern {
  const absolute = path.resolve(text);
  const scanned = picomatch.scan(absolute);
  if (!scanned.isGlob) return { text: absolute, base: path.dirname(absolute), matches: undefined };
  return {
    text: absolute,
    base: scanned.base === '' ? '/' : scanned.base,
    matches: picomatch(absolute, { dot: false }),
  };
}

/** Sorted, each once. A folder that does not exist (yet) holds nothing. */
export async function findFiles(
  patterns: readonly FilePattern[],
  onLimit: LimitListener,
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    if (pattern.matches === undefined) found.add(pattern.text);
    else {
      const budget = { left: MAX_ENTRIES };
      await search(pattern.base, pattern.matches, found, depthOf(pattern), budget);
      if (budget.left < 0) onLimit('glob_entries');
    }
  }
  return [...found].toSorted();
}

function depthOf(pattern: FilePattern): number {
  const below = pattern.text
    .slice(pattern.base.length)
    .split('/')
    .filter((part) => part !== '');
  return below.includes('**') ? MAX_DEPTH : Math.min(MAX_DEPTH, below.length);
}

async function search(
  folder: string,
  matches: (candidate: string) => boolean,
  found: Set<string>,
  depth: number,
  budget: { left: number },
): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    budget.left -= 1;
    if (budget.left < 0) return;
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (depth > 1) await search(full, matches, found, depth - 1, budget);
    } else if (!entry.isSymbolicLink() && matches(full)) found.add(full); // a link may lead anywhere
  }
}

/** Whether the pattern names this file. */
export function createPatternMatcher(text: string): (file: string) => boolean {
  const pattern = parsePattern(text);
  return (file) => (pattern.matches === undefined ? file === pattern.text : pattern.matches(file));
}
