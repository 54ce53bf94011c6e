/** What the store could not bring to the present model, for the rules that need it. */
import type { Rule } from '@mini-soc/sigma';
import { fieldsOfQuery } from '@mini-soc/query';
import type { Store } from '@mini-soc/store';
import type { Logger } from '@mini-soc/service-kit';

export interface FieldGapsPart {
  readonly state: string;
  readonly isWell: boolean;
}

interface RuleGap {
  readonly rule: string;
  readonly field: string;
  readonly indices: readonly string[];
  readonly reason: string;
}

/** A rule for each field it looks at that some index does not have as the model wants it. */
function gapsOfRules(rules: readonly Rule[], gaps: Store['fieldGaps']): readonly RuleGap[] {
  return rules
    .filter((rule) => rule.enabled)
    .flatMap((rule) =>
      [...fieldsOfQuery(rule.query)].flatMap((field): RuleGap[] => {
        const found = (gaps ?? []).filter(
          (gap) => gap.field === field || gap.field.startsWith(`${field}.`),
        );
        const [first] = found;
        return first === undefined
          ? []
          : [
              {
                rule: rule.name,
                field,
                indices: found.map((gap) => gap.index),
                reason: first.reason,
              },
            ];
      }),
    );
}

/** For /ready; undefined when all is as the model wants it. */
export function describeFieldGaps(
  rules: readonly Rule[],
  store: Pick<Store, 'fieldGaps' | 'leftAlone'>,
): FieldGapsPart | undefined {
  const found = gapsOfRules(rules, store.fieldGaps);
  if (store.leftAlone !== undefined) return { state: store.leftAlone, isWell: false };
  if (found.length > 0)
    return {
      state: found
        .map(
          ({ rule, field, indices, reason }) =>
            `${rule} misses events by ${field} in ${describeIndices(indices)}: ${reason}`,
        )
        .join('; '),
      isWell: false,
    };
  const others = new Set((store.fieldGaps ?? []).map((gap) => gap.field));
  return others.size === 0
    ? undefined
    : {
        state: `not as the model wants them, but no rule needs them: ${[...others].join(', ')}`,
        isWell: true,
      };
}

function describeIndices(indices: readonly string[]): string {
  const [first = ''] = indices;
  return indices.length === 1 ? first : `${first} and ${indices.length - 1} more`;
}

/** Once, at the start. */
export function logFieldGaps(
  rules: readonly Rule[],
  store: Pick<Store, 'fieldGaps' | 'leftAlone'>,
  logger: Logger,
): void {
  if (store.leftAlone !== undefined)
    logger.error({ reason: store.leftAlone }, 'The form of the store belongs to another version');
  for (const { rule, field, indices, reason } of gapsOfRules(rules, store.fieldGaps))
    logger.error(
      { rule, field, indices: indices.slice(0, 10), reason },
      'A rule needs a field that indices do not have as it is now (delete or reindex them)',
    );
}
