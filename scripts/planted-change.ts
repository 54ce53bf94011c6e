/** How a recipe of CONTRIBUTING.md is written down as changes of files. */

export interface PlantedChange {
  /** Path in the copy of the repository. */
  readonly path: string;
  /** How CONTRIBUTING.md calls it. */
  readonly named: string;
  /** The text after the change; `read` gives other files. Throws Error when the place for it is not there. */
  readonly change: (present: string, read: (path: string) => string) => string;
}

export interface PlantedRecipe {
  /** As the claims call it. */
  readonly name: string;
  /** Its words in CONTRIBUTING.md, with the number of files as the only group. */
  readonly says: RegExp;
  readonly files: readonly PlantedChange[];
  /** A file that is not changed → what is not so then: no line is asked for in vain. */
  readonly without?: Readonly<Record<string, readonly string[]>>;
}

export function newFile(path: string, named: string, text: string): PlantedChange {
  return { path, named, change: () => text };
}

/** A change behind what was found in a file. */
export function insertAfter(path: string, place: RegExp, addition: string): PlantedChange {
  return { path, named: path, change: (present) => after(present, place, addition) };
}

/** The text with an addition behind what was found. Throws Error when it is not there. */
export function after(text: string, place: RegExp, addition: string): string {
  const found = place.exec(text);
  if (found === null) throw new Error(`Cannot plant: nothing fits ${String(place)}`);
  const end = found.index + found[0].length;
  return text.slice(0, end) + addition + text.slice(end);
}
