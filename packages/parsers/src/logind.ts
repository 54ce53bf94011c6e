/** systemd-logind: `New session 12 of user alice.` */
import { bounded, type Draft } from './draft.ts';

export function parseLogind(message: string, draft: Draft): void {
  draft.log_type = 'auth';
  draft.action = 'session';
  draft.status = 'info';
  const opened =
    /^New session '?([A-Za-z0-9]{1,16})'? of user '?(.{1,256}?)'?(?: with class '[^']{0,64}' and type '[^']{0,64}')?\.$/.exec(
      message,
    );
  if (opened === null) return;
  draft.status = 'success';
  draft.username = bounded(draft, opened[2] as string);
  draft.extra = { session: opened[1] as string };
}
