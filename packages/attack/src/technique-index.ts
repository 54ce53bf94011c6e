/** The port on retrieval of techniques by meaning or by words. */
import type { Technique } from './catalogue.ts';

export interface Match {
  readonly technique: Technique;
  /** 0 to 1; comparable between queries of one index. */
  readonly confidence: number;
}

export interface TechniqueIndex {
  readonly name: string;
  /** Best first, at most `size`. */
  readonly search: (text: string, size: number) => Promise<readonly Match[]>;
}
