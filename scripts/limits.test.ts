/** A limit has its number in the table and nowhere else. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LIMITS, LIMIT_NAMES, type Limit } from '@mini-soc/model';
import { describe, expect, it } from 'vitest';
import { WHO_BENEFITS } from './who-benefits.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
/** Parts whose limits stand in the table; rules and queries are refused when they are loaded. */
const FOLDERS = [
  'packages/tailer/src',
  'packages/parsers/src',
  'packages/shell/src',
  'packages/service-kit/src',
  'packages/detect/src',
  'packages/ingest/src',
  'services/detection/src',
  'services/response/src',
  'services/console/src',
  'services/enricher/src',
  'services/soc/src',
  'services/shipper/src',
  'packages/store/src',
  'packages/query/src',
  'services/log-generator/src',
  'services/setup/src',
];
/** Numbers called a most that bound a computation, a time or a sentence: nothing is cut in silence. */
const NO_LIMITS = new Set([
  'packages/parsers/src/access-log.ts MAX_QUOTES',
  // Of the attempts that one line of Dovecot stands for: `repeat_count` has its own.
  'packages/parsers/src/dovecot.ts MAX_ATTEMPTS',
  'packages/parsers/src/exim.ts MAX_FACTS',
  'packages/parsers/src/gitea.ts MAX_ENDS',
  'packages/parsers/src/logfmt.ts MAX_KEYS',
  'packages/parsers/src/postgresql.ts MAX_PREFIX',
  'packages/parsers/src/access-log.ts MAX_NUMBERS',
  'packages/parsers/src/access-client.ts MAX_CHAIN',
  'packages/parsers/src/forwarded-client.ts MAX_HOPS',
  'packages/parsers/src/appliance-firewall.ts MAX_PAIRS',
  'packages/parsers/src/filterlog.ts MAX_FIELDS',
  'packages/parsers/src/firewall.ts MAX_PREFIX',
  'packages/parsers/src/firewall.ts MAX_WORDS',
  'packages/parsers/src/nginx-error.ts MAX_READINGS',
  // Of a sentence of a service: with more it is not understood.
  'packages/parsers/src/sentence.ts MAX_PART',
  'packages/parsers/src/sentence.ts MAX_PLACES',
  'packages/parsers/src/timestamp.ts MAX_AHEAD_MS',
  // Of a command line: beyond them it has the trait "beyond_bounds", or a quote is a letter.
  'packages/shell/src/expand.ts MAX_WRAPPERS',
  'packages/shell/src/read-word.ts MAX_UNCLOSED',
  'packages/shell/src/describe-command.ts MAX_PROGRAMS',
  'packages/shell/src/describe-command.ts MAX_NAME',
  // Of an expression of a rule: it is refused when it is loaded, or answered in another way.
  'packages/query/src/clock.ts MAX_HELD',
  'packages/query/src/compile-regexp.ts MAX_SOURCE',
  'packages/query/src/compile-regexp.ts MAX_UNBOUNDED',
  'packages/query/src/compile-regexp.ts MAX_LITERALS',
  // Of what is kept for the kinds of events: more are asked as if it were not.
  'packages/query/src/filter-index.ts MAX_KINDS',
  'packages/query/src/filter-index.ts MAX_ASKED',
  'packages/query/src/linear-regexp.ts MAX_STATES',
  'packages/query/src/linear-regexp.ts MAX_NEW_VISITS',
  'packages/query/src/needs-of-filter.ts MAX_ANCHORS',
  'packages/detect/src/alerts/change-alert.ts MAX_ATTEMPTS',
  // Of what saves work: the answer is the same beyond it.
  'packages/detect/src/arrivals/watch-arrivals.ts MAX_LATE_NAMED',
  'packages/store/src/duckdb/beyond-columns.ts MAX_HOURS',
  'packages/detect/src/cycle/coverage.ts MAX_REASON',
  'packages/detect/src/alerts/describe-alert.ts MAX_SENTENCE',
  'services/detection/src/outbox/run-lane.ts MAX_ROUNDS',
  'packages/detect/src/evaluate/name-list.ts MAX_KEY_LENGTH',
  'services/detection/src/self-monitoring/product-alert.ts MAX_OPEN',
  'services/detection/src/self-monitoring/describe-rules.ts MAX_NAMED',
  // What is not certain then is left to the cycle.
  'packages/detect/src/arrivals/react-to-arrivals.ts MAX_LOOKED_UP',
  'packages/detect/src/rule-tests/run-rule-test.ts MAX_EVENTS',
  'services/detection/src/self-monitoring/self-test/run-self-test.ts MAX_FAILURES',
  'services/enricher/src/enrich-alert.ts MAX_TECHNIQUES',
  'services/response/src/decide/decide.ts MAX_AHEAD_MS',
  'services/response/src/respond/audit-documents.ts MAX_NAME',
  // Of a query in the words of an engine: beyond them the oracle decides.
  'packages/store/src/elasticsearch/dialect.ts MAX_DEPTH',
  'packages/store/src/elasticsearch/dialect.ts MAX_PATTERN',
  'packages/store/src/elasticsearch/dialect.ts MAX_UNITS',
  'packages/store/src/elasticsearch/dialect.ts MAX_SINGLES',
  // Pages and steps of the stores: the rest follows. An id that is too long is a dead letter.
  // With more the database is asked a coarser question; the evaluator answers the same.
  'packages/store/src/duckdb/dialect.ts MAX_LITERALS',
  'packages/store/src/duckdb/filters-met.ts MAX_KINDS',
  'packages/store/src/elasticsearch/filters-met.ts MAX_KINDS',
  'packages/store/src/duckdb/retain.ts MAX_STEPS',
  'packages/store/src/elasticsearch/append-events.ts MAX_ID_BYTES',
  'packages/store/src/elasticsearch/append-events.ts MAX_REASON',
  'packages/store/src/elasticsearch/arrival-cursor.ts MAX_WAIT_MS',
  'packages/store/src/elasticsearch/arrival-cursor.ts MAX_NAMED_INDICES',
  'packages/store/src/elasticsearch/describe-failure.ts MAX_REASON',
  'packages/store/src/elasticsearch/near-candidates.ts MAX_LEAVES',
  'packages/store/src/elasticsearch/measure.ts MAX_BUCKETS',
  'packages/store/src/elasticsearch/read-entity-events.ts MAX_SPANS',
  'packages/store/src/elasticsearch/read-entity-events.ts MAX_HITS',
  'packages/store/src/elasticsearch/read-events.ts MAX_BUCKETS',
  'packages/store/src/elasticsearch/select-candidates.ts MAX_PAGE',
  'packages/store/src/elasticsearch/send-bulk.ts MAX_OPERATIONS',
  'packages/detect/src/arrivals/watch-arrivals.ts MAX_LATE_NAMED',
  'packages/query/src/filter-index.ts MAX_ASKED',
  'packages/query/src/filter-index.ts MAX_KINDS',
  'packages/store/src/duckdb/beyond-columns.ts MAX_HOURS',
  'packages/store/src/elasticsearch/send-bulk.ts MAX_BYTES',
  'services/log-generator/src/run-generator.ts MAX_FILE_BYTES',
  'services/log-generator/src/run-generator.ts MAX_PER_TICK',
]);

const files = FOLDERS.flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
    path.posix.join(folder, file),
  ),
)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => [file, readFileSync(path.join(ROOT, file), 'utf8')] as const);

describe('LIMITS', () => {
  it('LIMITS has every number that bounds what is kept', () => {
    expect(files.length).toBeGreaterThan(50);
    const elsewhere = files.flatMap(([file, text]) =>
      [...text.matchAll(/^(?:export )?const (MAX_\w+) = -?[\d_]+/gm)].map(
        (match) => `${file} ${match[1] ?? ''}`,
      ),
    );
    expect(elsewhere.filter((one) => !NO_LIMITS.has(one))).toEqual([]);
    expect([...NO_LIMITS].filter((one) => !elsewhere.includes(one))).toEqual([]);
  });

  it('LIMITS says of each limit that cuts something who gains by that', () => {
    const cutting = LIMIT_NAMES.filter((name) => {
      const { tells, countedAs }: Limit = LIMITS[name];
      return tells !== 'none' && countedAs === undefined;
    });
    expect(cutting.length).toBeGreaterThan(30);
    expect(cutting.filter((name) => WHO_BENEFITS[name] === undefined)).toEqual([]);
  });

  it('LIMITS takes each value from one place, and each name is used', () => {
    const code = files.map(([, text]) => text).join('\n');
    for (const name of LIMIT_NAMES) {
      const limit: Limit = LIMITS[name];
      if (limit.countedAs !== undefined) expect(LIMIT_NAMES).toContain(limit.countedAs);
      const isUsed =
        code.includes(`LIMITS.${name}.`) ||
        new RegExp(`[oO]nLimit(\\?\\.)?\\([^)]*'${name}'`).test(code);
      expect([name, isUsed || NOT_TAKEN.has(name)]).toEqual([name, true]);
    }
  });

  it('LIMITS that are counted are reported somewhere', () => {
    const code = files.map(([, text]) => text).join('\n');
    const silent = LIMIT_NAMES.filter((name) => {
      const limit: Limit = LIMITS[name];
      return limit.tells !== 'none' && limit.countedAs === undefined && !code.includes(`'${name}'`);
    });
    expect(silent).toEqual([]);
  });
});

/** What a setting or a schema gives. */
const NOT_TAKEN = new Set(['blocks_per_minute', 'alert_history']);
