/** Where the engine says what went wrong: pino's logger is one. */
export interface Log {
  readonly debug: (facts: object, message: string) => void;
  readonly warn: (facts: object, message: string) => void;
  readonly error: (facts: object, message: string) => void;
}
