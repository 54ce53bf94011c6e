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
  | 'phone_login';

/** Fills in the outcome; true, for parsers that end with it. `peer` undefined: the line names none. */
export function login(
  draft: Draft,
  action: LoginAction,
  isSuccess: boolean,
  peer: string | undefined,
): true {
  draft.log_type = 'auth';
  draft.action = action;
  draft.status = isSuccess ? 'success' : 'failure';
  if (!isSuccess) draft.reason = 'bad_password';
  if (peer !== undefined) setSource(draft, peer);
  return true;
}

/** A client that is turned away before it could log in: a failure, but no guess. */
export function refusal(
  draft: Draft,
  action: string,
  reason: string,
  peer: string | undefined,
): true {
  draft.log_type = 'auth';
  draft.action = action;
  draft.status = 'failure';
  draft.reason = reason;
  if (peer !== undefined) setSource(draft, peer);
  return true;
}
