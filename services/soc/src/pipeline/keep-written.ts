/** A small file that others only read for convenience: written when that is possible, never in the way. */
import { messageOf } from '@mini-soc/model';

export interface KeepWrittenOptions {
  /** The action, to follow "Cannot". */
  readonly what: string;
  readonly write: () => Promise<void>;
  readonly tell: (sentence: string) => void;
  /** Time between tries, milliseconds. Default 5 s. */
  readonly everyMs?: number;
}

const EVERY_MS = 5000;

/** Tries once before it resolves, and then until it works; the result ends that. */
export async function keepWritten(options: KeepWrittenOptions): Promise<() => Promise<void>> {
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  const attempt = async (): Promise<void> => {
    try {
      await options.write();
    } catch (error) {
      options.tell(`Cannot ${options.what}: ${messageOf(error)} (it is tried again)`);
      if (isEnded) return;
      timer = setTimeout(() => {
        running = attempt();
      }, options.everyMs ?? EVERY_MS);
      timer.unref();
    }
  };
  let running = attempt();
  await running;
  return async () => {
    isEnded = true;
    clearTimeout(timer);
    await running;
  };
}
