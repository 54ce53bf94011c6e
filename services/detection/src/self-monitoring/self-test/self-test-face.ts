/** What a process does with its self-test, however the stages are seen. */
import type { HostPart } from '../host-part.ts';
import { describeSelfTest } from './describe-self-test.ts';
import type { SelfTest } from './self-test.ts';

export interface SelfTestFace {
  /** Its line of /ready. */
  readonly ready: () => HostPart;
  /** Never rejects. */
  readonly start: () => Promise<void>;
  readonly stop: () => void;
}

export function readinessOf(selfTest: Pick<SelfTest, 'last'>, now: Date): HostPart {
  const last = selfTest.last();
  return { state: describeSelfTest(last, now), isWell: (last?.broken.length ?? 0) === 0 };
}
