/** Error codes: those in the code and those in docs/errors.md, compared both ways. */
import { tableUnder } from './markdown-claims.ts';

/** Codes given to an error's constructor, to `super` or to errorBody. */
export function codesInSource(source: string): readonly string[] {
  return [
    ...source.matchAll(/(?:\bnew \w*Error|\bsuper|\berrorBody)\(\s*'([A-Z][A-Z0-9_]+)'/g),
  ].map((match) => match[1] ?? '');
}

/** Codes in the table of docs/errors.md. */
export function codesInDocument(text: string): readonly string[] {
  return tableUnder(text, 'Error codes').map((row) => row[0] ?? '');
}

/** Codes that only one side has, and rows without a meaning or a cure. */
export function judgeCodes(
  sources: ReadonlyMap<string, string>,
  document: string | undefined,
): readonly string[] {
  if (document === undefined) return ['docs/errors.md is missing'];
  const used = new Map<string, string>();
  for (const [file, text] of sources)
    for (const code of codesInSource(text)) used.set(code, used.get(code) ?? file);
  const rows = tableUnder(document, 'Error codes');
  const listed = codesInDocument(document);
  return [
    ...[...used]
      .filter(([code]) => !listed.includes(code))
      .map(([code, file]) => `docs/errors.md does not list ${code} of ${file}`),
    ...listed
      .filter((code) => !used.has(code))
      .map((code) => `docs/errors.md lists ${code}, which no code uses`),
    ...rows
      .filter((row) => row.length < 3 || row.some((cell) => cell === ''))
      .map((row) => `docs/errors.md says not enough of ${row[0] ?? ''}: meaning and cure`),
  ];
}
