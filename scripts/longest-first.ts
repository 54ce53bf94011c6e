/**
 * The order of test files: those that take longest begin, so that none of them is left over for one worker at
 * the end. Vitest remembers how long each took, but a fresh clone, such as that of `.ci/run`, knows nothing.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Beginnings of paths, longest first. */
export const LONGEST = [
  'packages/detect/test/exactness.integration',
  'packages/store/test/elasticsearch-crash',
  'e2e/backup',
  'e2e/kills',
  'e2e/embedded',
  'packages/store/test/elasticsearch.integration',
  'packages/store/test/duckdb',
  'packages/detect/',
  'packages/tailer/test/',
  'services/response/',
  'e2e/',
  'rules/',
];

/** What vitest makes for each run; the rest stays in the order of its own. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config;
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((start) => moduleId.startsWith(`${root}/${start}`));
      return at === -1 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
