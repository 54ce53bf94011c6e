/** The options of `npm run quality`. */
import { parseArgs } from 'node:util';

export interface QualityOptions {
  readonly help: boolean;
  readonly check: boolean;
  readonly write: boolean;
  /** Undefined for all parts. */
  readonly only: readonly string[] | undefined;
  readonly seed: number;
  /** Undefined for `../logs` beside the checkout. */
  readonly logs: string | undefined;
}

/** The seed of the floor. */
export const USUAL_SEED = 1;

export const qualityUsage = (parts: readonly string[]): string =>
  `Usage: npm run quality -- [OPTION]…

Replays a generated day and real logs: how many attacks are told of, who is accused wrongly, who would be blocked.

  --only PART,…  some parts: ${parts.join(', ')}
  --seed N       another generated day (default ${USUAL_SEED}, that of the floor)
  --logs FOLDER  where real logs and lists lie (default ../logs beside the checkout)
  --check        ends with 1 when a number is worse than quality/floor.json says
  --write        makes today's numbers the floor
  --help         shows this

docs/quality.md says what the parts are and how to read them.
`;

/** Throws with a sentence for people when an option is unknown, or its value is wrong. */
export function readQualityOptions(
  given: readonly string[],
  parts: readonly string[],
): QualityOptions {
  const { values } = parseArgs({
    args: [...given],
    options: {
      help: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      only: { type: 'string' },
      seed: { type: 'string', default: String(USUAL_SEED) },
      logs: { type: 'string' },
    },
  });
  const only = values.only?.split(',');
  const unknown = only?.find((name) => !parts.includes(name));
  if (unknown !== undefined)
    throw new RangeError(
      `Option --only expects parts (${parts.join(', ')}): current value is "${unknown}"`,
    );
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed))
    throw new RangeError(`Option --seed expects a whole number: current value is "${values.seed}"`);
  if (seed !== USUAL_SEED && (values.check || values.write))
    throw new RangeError(`The floor is that of seed ${USUAL_SEED}: current value is ${seed}`);
  return {
    help: values.help,
    check: values.check,
    write: values.write,
    only,
    seed,
    logs: values.logs,
  };
}
