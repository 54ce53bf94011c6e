/** A kind of life or of attack: a name, a sentence, and what it writes into the logs of a day. */
import type { Random } from './random.ts';

export interface Kind {
  /** The ground truth of its lines: their `scenario`. */
  readonly name: string;
  /** What happens, in one plain sentence. */
  readonly sentence: string;
  readonly happen: (scene: Scene) => void;
}

/** One happening of a kind: its place, its people, its time, and where its lines go. */
export interface Scene {
  readonly random: Random;
  /** Midnight (UTC) of the day. */
  readonly startMs: number;
  /** The machine it happens on; no other kind writes about it. */
  readonly host: string;
  /** Address of the machine in its own network. */
  readonly hostAddress: string;
  /** An address of the Internet that no other kind has, a new one each time. */
  readonly stranger: () => string;
  /** An address of the own network that no other kind has, a new one each time. */
  readonly colleague: () => string;
  /** A name of an account, a new one each time. */
  readonly user: () => string;
  readonly pid: () => number;
  /** Of a client: 32768 to 60999. */
  readonly port: () => number;
  /** Milliseconds of that hour of the day. `at(25)` is one o'clock of the next day. */
  readonly at: (hour: number, minute?: number, second?: number) => number;
  /** So many moments between two, in order. */
  readonly spread: (count: number, fromMs: number, toMs: number) => readonly number[];
  /** A line of a file as it stands there. */
  readonly write: (file: string, atMs: number, line: string) => void;
  /** A line with the header of syslog; about another machine when one is named. */
  readonly syslog: (entry: {
    readonly atMs: number;
    readonly program: string;
    readonly pid?: number;
    readonly message: string;
    readonly file?: string;
    readonly host?: string;
  }) => void;
  /** What is written meanwhile is no attack, also where the kind is one. */
  readonly innocently: (life: () => void) => void;
  /** What is written meanwhile is what an alert must rest on, among others, to tell of this happening. */
  readonly crucially: (moment: () => void) => void;
}

/** A line of a generated day, with the truth about it. */
export interface LabelledLine {
  readonly atMs: number;
  readonly file: string;
  readonly line: string;
  /** Name of the kind; `normal` where an attack's surroundings write. */
  readonly scenario: string;
  readonly isAttack: boolean;
  readonly isCrucial: boolean;
  readonly isOffHours: boolean;
  /** Which happening of its kind, from 1. */
  readonly happening: number;
}
