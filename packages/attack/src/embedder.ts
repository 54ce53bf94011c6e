/** The port on an embedding model: a text → its direction. */
export interface Embedder {
  /** Changes whenever vectors of this model may differ. */
  readonly fingerprint: string;
  /** A vector of length 1. Rejects when the model cannot answer. */
  readonly embed: (text: string) => Promise<readonly number[]>;
  readonly stop: () => Promise<void>;
}
