/**
 * YAML text → plain values with their places. YAML 1.2 core schema only, so `no` is text and
 * `12:30:45` is no number; no custom tags, no merge keys, no keys but text, no duplicate keys; few
 * aliases, so that a small file cannot unfold into gigabytes.
 */
import {
  Lexer,
  LineCounter,
  isMap,
  isNode,
  isPair,
  isScalar,
  parseAllDocuments,
  visit,
} from 'yaml';
import type { Document } from 'yaml';
import { valuesOf } from './known-texts.ts';
import { createRuleError } from './rule-error.ts';
import type { RuleError } from './rule-error.ts';

/** Longest rule file, characters. */
export const MAX_FILE_LENGTH = 1_048_576;
const MAX_DOCUMENTS = 100;
const MAX_DEPTH = 40;
const MAX_ALIASES = 50;

export interface YamlDocument {
  readonly file: string;
  readonly value: unknown;
  /** Error about the value at this path; the nearest existing ancestor gives the line. */
  readonly errorAt: (path: readonly PropertyKey[], sentence: string, cause?: unknown) => RuleError;
}

/** Documents of a file in order. Throws RuleError with the line of the first fault. */
export function parseYaml(text: string, file: string): readonly YamlDocument[] {
  const known = valuesOf(text);
  if (known === undefined) return parseText(text, file);
  const whole = (index: number): YamlDocument => parseText(text, file)[index] as YamlDocument;
  return known.map((value, index) => ({
    file,
    value,
    errorAt: (...fault) => whole(index).errorAt(...fault),
  }));
}

function parseText(text: string, file: string): readonly YamlDocument[] {
  if (text.length > MAX_FILE_LENGTH)
    throw createRuleError(
      { file, line: 0, path: '' },
      `file must be at most ${MAX_FILE_LENGTH} characters: current value is ${text.length}`,
    );
  const lineCounter = new LineCounter();
  const fail = (offset: number, sentence: string, cause?: unknown): RuleError => {
    const { line, col } = lineCounter.linePos(offset);
    return createRuleError({ file, line, path: `column ${col}` }, sentence, cause);
  };
  const deep = lineOfDepth(text);
  if (deep !== undefined)
    throw createRuleError({ file, line: deep, path: '' }, `values may nest ${MAX_DEPTH} deep`);
  let documents: readonly Document[];
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter,
      version: '1.2',
      schema: 'core',
      merge: false,
      uniqueKeys: true,
      stringKeys: true,
      strict: true,
      prettyErrors: false,
      logLevel: 'silent',
    });
    documents = Array.isArray(parsed) ? parsed : [];
  } catch (cause) {
    // The parser recurses: brackets nested by the thousand end here, not in a crash.
    throw createRuleError({ file, line: 0, path: '' }, 'file is not readable as YAML', cause);
  }
  if (documents.length > MAX_DOCUMENTS)
    throw createRuleError(
      { file, line: 0, path: '' },
      `a file may hold ${MAX_DOCUMENTS} documents: current value is ${documents.length}`,
    );
  return documents.map((document) => {
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault !== undefined) throw fail(fault.pos[0], firstSentence(fault.message), fault);
    checkNodes(document, fail);
    return readDocument(document, file, lineCounter);
  });
}

function readDocument(document: Document, file: string, lineCounter: LineCounter): YamlDocument {
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node =
        length === 0 ? document.contents : document.getIn(path.slice(0, length) as unknown[], true);
      if (isNode(node) && node.range !== undefined && node.range !== null)
        return lineCounter.linePos(keyOffset(document, path.slice(0, length)) ?? node.range[0])
          .line;
    }
    return 0;
  };
  const errorAt = (path: readonly PropertyKey[], sentence: string, cause?: unknown): RuleError =>
    createRuleError(
      { file, line: lineOf(path), path: path.map(String).join('.') },
      sentence,
      cause,
    );
  try {
    return { file, value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, errorAt };
  } catch (cause) {
    throw errorAt([], `at most ${MAX_ALIASES} values may come from aliases`, cause);
  }
}

/** Where the key of the last path element is written, so that a fault points at the key's line. */
function keyOffset(document: Document, path: readonly PropertyKey[]): number | undefined {
  if (path.length === 0) return undefined;
  const parent =
    path.length === 1 ? document.contents : document.getIn(path.slice(0, -1) as unknown[], true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(
    (item) => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1),
  );
  return pair !== undefined && isNode(pair.key) ? pair.key.range?.[0] : undefined;
}

/**
 * The line on which values nest too deep, read from the words of the text alone: the parser recurses, and
 * takes seconds for brackets by the hundred thousand before it fails.
 */
function lineOfDepth(text: string): number | undefined {
  let line = 1;
  let column = 0;
  let isLineStart = true;
  let isContent = false;
  let brackets = 0;
  /** Columns of the blocks that are open. */
  const blocks: number[] = [];
  const enter = (): void => {
    while ((blocks.at(-1) ?? -1) > column) blocks.pop();
    if ((blocks.at(-1) ?? -1) < column) blocks.push(column);
  };
  for (const word of new Lexer().lex(text)) {
    const isBlank = /^\s*$/.test(word);
    if (isContent || !/^[\x02\x18\x1f\ufeff]$/.test(word)) {
      if (!isContent && (word === '[' || word === '{')) brackets += 1;
      else if (!isContent && (word === ']' || word === '}')) brackets = Math.max(0, brackets - 1);
      if (!isBlank && brackets === 0 && (isLineStart || word === '-' || word === '?')) enter();
      if (blocks.length + brackets > MAX_DEPTH) return line;
      const end = word.lastIndexOf('\n');
      line += end < 0 ? 0 : word.split('\n').length - 1;
      column = end < 0 ? column + word.length : word.length - end - 1;
      isLineStart = end >= 0 || (isLineStart && isBlank);
      isContent = false;
    } else if (word === '\x1f') {
      if (isLineStart && brackets === 0) enter();
      isContent = true;
    }
  }
  return undefined;
}

function checkNodes(
  document: Document,
  fail: (offset: number, sentence: string) => RuleError,
): void {
  visit(document, {
    Pair: (_key, pair) => {
      if (!isScalar(pair.key)) return;
      const at = pair.key.range?.[0] ?? 0;
      if (pair.key.value === '<<') throw fail(at, 'merge keys (<<) are not allowed');
      // It would be set on the object that holds the keys, and be none of them.
      if (pair.key.value === '__proto__') throw fail(at, 'key "__proto__" is not allowed');
    },
    Node: (_key, node, path) => {
      if (path.length > MAX_DEPTH * 2)
        throw fail(node.range?.[0] ?? 0, `values may nest ${MAX_DEPTH} deep`);
    },
  });
}

function firstSentence(message: string): string {
  if (message.includes('stringKeys')) return 'keys must be text';
  const line = message.split('\n')[0] ?? message;
  return `${line.charAt(0).toLowerCase()}${line.slice(1)}`.replace(/[.:]$/, '');
}
