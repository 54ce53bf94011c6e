/** How far a source of events was read. */

/** Where reading of one source goes on. */
export interface Position {
  /** Names the content: it begins the id of every event of it. */
  readonly id: string;
  /** What kind of source it is: `file`. */
  readonly source: string;
  /** Everything before it is stored. */
  readonly readTo: number;
  /** Where the last piece before `readTo` begins, and its hash; -1 where none is known. */
  readonly markAt: number;
  readonly mark: number;
  /** What the source's own clock said when it was read last, milliseconds. */
  readonly seenMs: number;
  /** What else tells the source from others, as its reader wrote it. It changes rarely. */
  readonly document: string;
}

/** The events between two places of a source are in the append that the move is given with. */
export interface PositionMove {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly markAt: number;
  readonly mark: number;
  readonly seenMs: number;
}
