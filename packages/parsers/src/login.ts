/** A login at a service that is no ssh: what all of them tell alike. */
import { setSource, type Draft } from './draft.ts';

/** What was logged in to: rules ask for these words. */
export type LoginAction =
  | 'ftp_login'
  | 'mail_login'
  | 'database_login'
  | 'web_login'
  | 'vpn_login'
  | 'share_login'
  | 'phone_login'
  | 'desktop_login'
  | 'http_auth';

/** Fills in the outcome; true, for parsers that end with it. `peer` undefined: the line names none. */
export function login(
  draft: Draft,
  action: LoginAction,
  isSuccess: boolean,
  peer: string | undefined,
): true {
  if (!isSuccess) return refusal(draft, action, 'bad_password', peer);
  return tell(draft, action, 'success', peer);
}

/** A client that is turned away, before it could log in (a failure, but no guess) or at its login. */
export function refusal(
  draft: Draft,
  action: string,
  reason: string,
  peer: string | undefined,
): true {
  draft.reason = reason;
  return tell(draft, action, 'failure', peer);
}

function tell(
  draft: Draft,
  action: string,
  status: 'success' | 'failure',
  peer: string | undefined,
): true {
  draft.log_type = 'auth';
  draft.action = action;
  draft.status = status;
  if (peer !== undefined) setSource(draft, peer);
  return true;
}
