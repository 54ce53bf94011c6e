/** Limits of the regular expressions of rules. */
import { limit, NO_CURE } from './limit.ts';

export const EXPRESSION_LIMITS = {
  expression_steps: limit({
    part: 'detection',
    value: 2000,
    unit: 'steps',
    tells: 'none',
    what: 'steps a regular expression of a rule may have, repeats written out',
    cut: 'the rule is refused when it is loaded',
    cure: 'ask for fewer repeats: ".{0,1000}" is 1,000 steps, ".*" is one',
  }),
  expression_backtracking: limit({
    part: 'detection',
    value: 10000000,
    unit: 'steps',
    tells: 'none',
    what: "steps that Node's engine may take for one text and one regular expression of a rule, whatever the text is",
    cut: 'the text is followed in time linear to its length instead, with the same answer',
    cure: NO_CURE,
  }),
  expression_work: limit({
    part: 'detection',
    value: 5000000,
    unit: 'steps',
    tells: 'none',
    what: 'steps of a regular expression that are looked at for one text',
    cut: 'the rest of a longer line is not looked at by that expression',
    cure: NO_CURE,
  }),
  expressions_kept: limit({
    part: 'detection',
    value: 4096,
    unit: 'expressions',
    tells: 'none',
    what: 'regular expressions that are kept ready',
    cut: 'all are made ready again',
    cure: NO_CURE,
  }),
} as const;
