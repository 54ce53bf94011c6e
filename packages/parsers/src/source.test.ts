/** What holds for the source of this package as a whole: linear expressions, ES5, hostile rows covered. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { degreeOf } from '../test/regexp-degree.ts';

/** The reader of commands goes into the script of Filebeat as well. */
const SHELL = '../../shell/src';
const files = [
  ...readdirSync(import.meta.dirname),
  ...readdirSync(path.join(import.meta.dirname, SHELL)).map((name) => `${SHELL}/${name}`),
].filter((name) => name.endsWith('.ts'));
const read = (name: string) => readFileSync(path.join(import.meta.dirname, name), 'utf8');
const sources = files.filter((name) => !name.endsWith('.test.ts'));

interface Expression {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

function nodesOf(name: string): readonly ts.Node[] {
  const found: ts.Node[] = [];
  const walk = (node: ts.Node): void => {
    found.push(node);
    node.forEachChild(walk);
  };
  walk(ts.createSourceFile(name, read(name), ts.ScriptTarget.Latest, true));
  return found;
}

const nodes = sources.map((name) => ({ name, nodes: nodesOf(name) }));
const expressions: readonly Expression[] = nodes.flatMap(({ name, nodes: all }) =>
  all.filter(ts.isRegularExpressionLiteral).map((node) => {
    const end = node.text.lastIndexOf('/');
    return { file: name, source: node.text.slice(1, end), flags: node.text.slice(end + 1) };
  }),
);

/** Expressions that are not linear by their form alone, with what bounds them. */
const BOUNDED_BY_CALLER: Readonly<Record<string, string>> = {};

describe('degreeOf()', () => {
  it.each<[string, number]>([
    ['^a+$', 1],
    [' +$', 2],
    ['^a+b+$', 2],
    ['^(a+)+$', Infinity],
    ['^(?:a|a)*$', Infinity],
    ['^(?:a{1,3})*$', Infinity],
    ['^[^\\]]{1,9}(?:x|y)$', 0],
    ['a|^b', 1],
    ['^(?:ab){2}c*', 1],
  ])('%s has degree %d', (source, degree) => {
    expect(degreeOf(source)).toBe(degree);
  });
});

describe('the source of the parsers', () => {
  it('has expressions', () => {
    expect(expressions.length).toBeGreaterThan(50);
  });

  it('has linear expressions only', () => {
    const steep = expressions
      .filter(({ source }) => degreeOf(source) > 1 && !Object.hasOwn(BOUNDED_BY_CALLER, source))
      .map(({ file, source }) => `${file}: /${source}/`);
    expect(steep).toEqual([]);
  });

  it('names no bound that nobody needs', () => {
    const all = new Set(expressions.map(({ source }) => source));
    expect(Object.keys(BOUNDED_BY_CALLER).filter((source) => !all.has(source))).toEqual([]);
  });

  it('F15: has no syntax of expressions that ES5 lacks', () => {
    const newer = expressions
      .filter(({ source, flags }) => /\(\?<|\\[pk][{<]/.test(source) || /[^gim]/.test(flags))
      .map(({ file, source, flags }) => `${file}: /${source}/${flags}`);
    expect(newer).toEqual([]);
  });

  it('F15: has no count of repeats beyond what the engine of Filebeat takes', () => {
    const counted = expressions
      .filter(({ source }) =>
        [...source.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].some(
          ([, least, most]) => Number(least) > 1000 || Number(most ?? 0) > 1000,
        ),
      )
      .map(({ file, source }) => `${file}: /${source}/`);
    expect(counted).toEqual([]);
  });

  it('F15: calls nothing that ES5 lacks and makes no code', () => {
    const METHODS =
      /^(?:startsWith|endsWith|includes|padStart|padEnd|repeat|trimStart|trimEnd|matchAll|replaceAll|at|flat|flatMap|find|findIndex|findLast|fill|entries|values|assign|fromEntries|hasOwn|isInteger|isSafeInteger|isNaN|isFinite|trunc|sign|codePointAt|normalize|toSorted)$/;
    const GLOBALS =
      /^(?:eval|Function|RegExp|Map|Set|WeakMap|Symbol|Promise|Proxy|Reflect|BigInt)$/;
    const found = nodes.flatMap(({ name, nodes: all }) =>
      all
        .filter(
          (node): node is ts.CallExpression | ts.NewExpression =>
            ts.isCallExpression(node) || ts.isNewExpression(node),
        )
        .filter(({ expression }) =>
          ts.isPropertyAccessExpression(expression)
            ? METHODS.test(expression.name.text)
            : GLOBALS.test(expression.getText()),
        )
        .map((node) => `${name}: ${node.expression.getText()}()`),
    );
    expect(found).toEqual([]);
    const spread = nodes.flatMap(({ name, nodes: all }) =>
      all
        .filter((node) => ts.isSpreadAssignment(node) || ts.isSpreadElement(node))
        .map((node) => `${name}: ${node.getText()}`),
    );
    expect(spread).toEqual([]);
  });
});

/** Rows of the table of hostile inputs that concern a line of a log, and can be told from the line alone. */
const ROWS = [
  ...numbered('A', 34, [24, 34]),
  ...numbered('B', 32, []),
  ...numbered('C', 21, [2, 3, 7]),
  ...numbered('D', 12, []),
  'E06',
  'F01',
  'F02',
  'F10',
  'F15',
];

/** A24, A34, C02, C03, C07, C22 to C28 are about files and transport, D13 to D15 about counting: their owners test them. */
function numbered(letter: string, last: number, elsewhere: readonly number[]): readonly string[] {
  const all: string[] = [];
  for (let row = 1; row <= last; row += 1)
    if (!elsewhere.includes(row)) all.push(`${letter}${String(row).padStart(2, '0')}`);
  return all;
}

describe('hostile inputs', () => {
  const text = files
    .filter((name) => name.endsWith('.test.ts') && name !== 'source.test.ts')
    .map(read)
    .join('\n');
  const hasCase = (row: string): boolean => new RegExp(`['"\`][^'"\`\n]*\\b${row}\\b`).test(text);

  it.each(ROWS.filter((row) => row !== 'F15'))('%s has its case', (row) => {
    const range = /D(\d\d) to D(\d\d)/.exec(text);
    const number = Number(row.slice(1));
    const isInRange =
      row.startsWith('D') &&
      range !== null &&
      number >= Number(range[1]) &&
      number <= Number(range[2]);
    expect(hasCase(row) || isInRange).toBe(true);
  });
});
