/**
 * What YAML texts mean that were parsed when the program was built: of a start, parsing the product's own rules took
 * a third. A text is known by its SHA-256, so that one that was changed since is parsed like any other.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

const knownSchema = z.record(z.string(), z.array(z.unknown()));

/** Values of the documents of each text, as JSON. */
export type KnownTexts = z.infer<typeof knownSchema>;

let known: ReadonlyMap<string, string> = new Map();

/** From now on these texts need no parsing. Throws ZodError for what listTexts() did not make. */
export function knowTexts(content: unknown): void {
  // As text: whoever asks gets values of his own, and until then they take little.
  known = new Map(
    Object.entries(knownSchema.parse(content)).map(([hash, values]) => [
      hash,
      JSON.stringify(values),
    ]),
  );
}

/** Values of the text's documents; undefined when it has to be parsed. */
export function valuesOf(text: string): readonly unknown[] | undefined {
  if (known.size === 0) return undefined;
  const values = known.get(hashOf(text));
  return values === undefined ? undefined : (JSON.parse(values) as readonly unknown[]);
}

/** For knowTexts(): without those that cannot be parsed, or mean what JSON cannot say. */
export function listTexts(
  texts: readonly string[],
  parse: (text: string) => readonly unknown[],
): KnownTexts {
  const list: KnownTexts = {};
  for (const text of texts)
    try {
      const values = parse(text);
      if (isDeepStrictEqual(JSON.parse(JSON.stringify(values)), values))
        list[hashOf(text)] = [...values];
    } catch {
      // It is parsed when it is wanted, and the fault is said then.
    }
  return list;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
