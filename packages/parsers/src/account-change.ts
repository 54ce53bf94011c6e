/** Accounts and groups that are made, changed or deleted: useradd, usermod, userdel, groupadd, passwd, chage, … */
import { bounded, startsWith, type Draft } from './draft.ts';
import { parsePam } from './pam.ts';

export function parseAccountChange(message: string, draft: Draft): void {
  draft.log_type = 'auth';
  draft.action = 'account_event';
  draft.status = 'info';
  if (startsWith(message, 'pam_')) return parsePam(message, draft);
  if (startsWith(message, 'new user: name=')) return created(message, 15, draft);
  if (startsWith(message, 'new group: name=')) {
    draft.action = 'group_created';
    draft.status = 'success';
    const gid = message.lastIndexOf(', GID=');
    draft.target_user = bounded(draft, message.slice(16, gid < 16 ? message.length : gid));
    return;
  }
  const quoted =
    /^(add|delete|remove) '([^']{1,64})' (to|from) (?:shadow )?group '([^']{1,64})'$/.exec(message);
  if (quoted !== null) {
    draft.action = quoted[1] === 'add' ? 'group_member_added' : 'group_member_removed';
    draft.status = 'success';
    draft.target_user = quoted[2] as string;
    draft.extra = { group: quoted[4] as string };
    return;
  }
  // gpasswd says who did it.
  const member =
    /^user ([^\s']{1,64}) (added|removed) by ([^\s']{1,64}) (?:to|from) group ([^\s']{1,64})$/.exec(
      message,
    );
  if (member !== null) {
    draft.action = member[2] === 'added' ? 'group_member_added' : 'group_member_removed';
    draft.status = 'success';
    draft.target_user = member[1] as string;
    draft.username = member[3] as string;
    draft.extra = { group: member[4] as string };
    return;
  }
  const locked = /^(unlock|lock) user '([^']{1,64})' password$/.exec(message);
  if (locked !== null) {
    draft.action = locked[1] === 'unlock' ? 'account_unlocked' : 'account_locked';
    draft.status = 'success';
    draft.target_user = locked[2] as string;
    return;
  }
  const deleted = /^delete user '([^']{1,64})'$/.exec(message);
  const changed = /^change user '([^']{1,64})' /.exec(message);
  const password = /^password (?:for '?([^'\s]{1,64})'? changed|changed for ([^\s]{1,64}))/.exec(
    message,
  );
  const name =
    deleted !== null
      ? deleted[1]
      : changed !== null
        ? changed[1]
        : password !== null
          ? password[1] || password[2]
          : undefined;
  if (name === undefined) return;
  draft.action =
    deleted !== null
      ? 'account_deleted'
      : changed !== null
        ? 'account_changed'
        : 'password_changed';
  draft.status = 'success';
  draft.target_user = name;
  if (changed !== null) {
    const uid = / UID from '\d{1,10}' to '(\d{1,10})'$/.exec(message);
    if (uid !== null) draft.extra = { uid: Number(uid[1]) };
  } else if (password !== null) {
    const by = / changed by '([^']{1,64})'$/.exec(message);
    if (by !== null) draft.username = by[1] as string;
  }
}

/** `new user: name=N, UID=1001, GID=1001, home=/home/n, shell=/bin/sh`: the numbers by their place before home. */
function created(message: string, start: number, draft: Draft): void {
  draft.action = 'account_created';
  draft.status = 'success';
  const home = message.indexOf(', home=', start);
  const before = message.slice(start, home < 0 ? message.length : home);
  const ids = /, UID=(\d{1,10}), GID=(\d{1,10})$/.exec(before);
  if (ids === null) {
    draft.target_user = bounded(draft, before);
    return;
  }
  draft.target_user = bounded(draft, before.slice(0, before.length - ids[0].length));
  draft.extra = { uid: Number(ids[1]), gid: Number(ids[2]) };
}
