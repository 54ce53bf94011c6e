/** "Could fire" (see couldFire() of the query model) as SQL over windows that slide over an entity's events. */
import { TIME_FIELD, type Need } from '@mini-soc/query';
import type { Parameter } from './connection.ts';
import type { SqlDialect } from './dialect.ts';

export interface Sql {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

/** How the database says whether a window is enough. */
export interface MeasureSql {
  /** What it takes from each event, and as which column. */
  readonly perEvent: readonly (Sql & { readonly as: string })[];
  /** Aggregates over the window that ends at an event, whose `weight` is how often it happened: m0, m1, … */
  readonly overWindow: readonly string[];
  /** Over the events of an entity. */
  readonly having: string;
  readonly parameters: readonly Parameter[];
}

/** What one need is: from each event, over a window (has to reach `atLeast`), over all events of the entity. */
interface NeedSql {
  readonly perEvent?: Sql;
  readonly overWindow: string;
  readonly overAll?: Sql;
}

/** A condition that lets every entity through that could fire; undefined when all could. */
export function measureSql(needs: readonly Need[], dialect: SqlDialect): MeasureSql | undefined {
  if (needs.length === 0) return undefined;
  const asked = needs.map((need, index) => needSql(need, `p${index}`, dialect));
  const inOneWindow = ['t >= lo', ...asked.map((_, index) => `m${index} >= ?`)].join(' AND ');
  const overAll = asked.flatMap((need) => need.overAll ?? []);
  return {
    perEvent: asked.flatMap(({ perEvent }, index) =>
      perEvent === undefined ? [] : [{ ...perEvent, as: `p${index}` }],
    ),
    overWindow: asked.map((need) => need.overWindow),
    having: [`bool_or(${inOneWindow})`, ...overAll.map(({ sql }) => sql)].join(' AND '),
    parameters: [
      ...needs.map((need) => need.atLeast),
      ...overAll.flatMap(({ parameters }) => parameters),
    ],
  };
}

function needSql(need: Need, taken: string, dialect: SqlDialect): NeedSql {
  switch (need.kind) {
    case 'events':
      return need.filter === undefined
        ? { overWindow: 'sum(weight)' }
        : {
            perEvent: dialect.compileFilterToSql(need.filter),
            overWindow: `sum(weight) FILTER (WHERE ${taken})`,
          };
    case 'values': {
      const field =
        need.field === TIME_FIELD
          ? { sql: 't', parameters: [] }
          : dialect.fieldExpression(need.field);
      const perEvent = { sql: `(${field.sql})::VARCHAR`, parameters: field.parameters };
      // Folding could merge values here that the oracle keeps apart, so the text is counted as it is.
      return dialect.isScalar(need.field)
        ? {
            perEvent,
            overWindow: `count(${taken})`,
            overAll: { sql: `count(DISTINCT ${taken}) >= ?`, parameters: [need.atLeast] },
          }
        : {
            perEvent,
            // A list may have as many values as are wished.
            overWindow: `sum(CASE WHEN starts_with(${taken}, '[') THEN ${need.atLeast} WHEN ${taken} IS NOT NULL THEN 1 END)`,
            overAll: {
              sql: `(count(DISTINCT ${taken}) >= ? OR bool_or(starts_with(${taken}, '[')))`,
              parameters: [need.atLeast],
            },
          };
    }
    default:
      return need satisfies never;
  }
}
