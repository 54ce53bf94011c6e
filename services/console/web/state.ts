/** What the page knows. Bounded: the server sends at most 50 alerts and 200 blocks. */
import { signal } from '@preact/signals';
import { readOverview, watchOverview, type Overview } from './api.ts';

export type Screen = 'loading' | 'sign-in' | 'live';

export const screen = signal<Screen>('loading');
export const overview = signal<Overview | undefined>(undefined);
export const isConnected = signal(true);
export const nowMs = signal(Date.now());
export const notice = signal<string | undefined>(undefined);
export const openAlert = signal<string | undefined>(undefined);

let end: (() => void) | undefined;

/** Begins to follow the server. */
export function goLive(): void {
  screen.value = 'live';
  end?.();
  end = watchOverview(
    (next) => (overview.value = next),
    (isUp) => (isConnected.value = isUp),
  );
}

/** Reads at once what an action has changed. */
export async function refresh(): Promise<void> {
  overview.value = await readOverview();
}

/** A sentence at the foot of the page, gone after some seconds. */
export function say(text: string): void {
  notice.value = text;
  setTimeout(() => {
    if (notice.value === text) notice.value = undefined;
  }, 6000);
}
