/** Programs for files: what they search, whose rights and times they change. */
import { firstOf, hasLetter, judgeEach, judges, operands, valueOf } from './findings.ts';
import { kindOfPath, pathIn } from './paths.ts';

export const FILE_JUDGES = judges();

judgeEach(FILE_JUDGES, 'getent', (run, found) => {
  if (run.args[0] === 'shadow' || run.args[0] === 'gshadow')
    found.add(run.args.length > 1 ? 'hash_of_one_read' : 'hashes_read');
});

judgeEach(FILE_JUDGES, 'unshadow', (_run, found) => found.add('hashes_read'));

judgeEach(FILE_JUDGES, 'find locate', (run, found) => {
  const name = valueOf(run.args, ['-name', '-iname', '-path', '-wholename']) || '';
  const isWide =
    run.program === 'locate' ||
    /^(?:\/+|\/home\/?|\/root\/?|\/etc\/?|~|\$HOME|\/\/?\.[a-z].*)$/.test(run.args[0] || '');
  if (
    isWide &&
    /^\*?(?:\.?\/?)(?:id_(?:rsa|dsa|ecdsa|ed25519)\*?|\.netrc|\.pgpass|\.my\.cnf|\.git-credentials|\.aws|\.gnupg|credentials|credentials\.db|access_tokens\.db|accesstokens\.json|msal_token_cache\.json|\*?\.kdbx?|\*?\.ppk|shadow|\.htpasswd|wp-config\.php|logins\.json|token)$/i.test(
      name,
    )
  )
    found.add('credential_search');
});

judgeEach(FILE_JUDGES, 'grep egrep rg', (run, found) => {
  const rest = operands(run.args);
  const isWide =
    rest.length > 1 &&
    rest.slice(1).some((arg) => /^(?:\/|\/home\/?|\/etc\/?|\/root\/?|\/var\/?)$/.test(arg));
  if (
    isWide &&
    (hasLetter(run.args, 'rR') || run.program === 'rg') &&
    /pass(?:w(?:or)?d)?|secret|api.?key|private key|credential/i.test(rest[0] || '')
  )
    found.add('credential_search');
});

judgeEach(FILE_JUDGES, 'chmod', (run, found) => {
  const mode = firstOf(run.args, (arg) =>
    /^(?:[0-7]{3,5}|[ugoa]{0,4}[+=][rwxXstugo,+=-]{1,30})$/.test(arg),
  );
  // In a folder of one's own it is daily; where that is, a relative name does not say.
  const isAbsolute = operands(run.args).some(
    (arg) => arg !== mode && /^[/~$]/.test(arg) && arg !== '$d',
  );
  if (isAbsolute && /^(?:[024-7]?777|[a-z,+=]{0,20}(?:a|ugo)[+=]r?wx?)$/.test(mode))
    found.add('world_writable');
  if (
    /^0?[4-7][0-7]{3}$/.test(mode) &&
    /^0?[4567]/.test(mode) &&
    (Number(mode.slice(-4).charAt(0)) & 4) === 4
  )
    found.add('setuid_set');
  else if (/^(?:u|a|ug)?\+[rwx]{0,3}s|^u[+=][rwx]{0,3}s|^[a-z+=,]{0,12}u[+=][rwx]{0,3}s/.test(mode))
    found.add('setuid_set');
  if (
    /^(?:[+ua]{1,3}\+?x|\+x|u\+x|a\+x|[0-7]?7[0-7]{2})$/.test(mode) &&
    run.args.some((arg) => kindOfPath(pathIn(arg)) === 'temporary')
  )
    found.add('temporary_program');
});

judgeEach(FILE_JUDGES, 'install', (run, found) => {
  const mode = valueOf(run.args, ['-m', '--mode']) || '';
  if (/^0?[4-7][0-7]{3}$/.test(mode) || /u\+?=?[rwx]{0,3}s/.test(mode)) found.add('setuid_set');
});

judgeEach(FILE_JUDGES, 'touch', (run, found) => {
  if (
    /^\/(?:usr\/)?s?bin\//.test(
      valueOf(run.args, ['-r', '--reference']) ||
        run.args.filter((_arg, i) => /^-[a-z]{0,5}r$/.test(run.args[i - 1] || '')).join(''),
    )
  )
    found.add('time_changed');
});

judgeEach(FILE_JUDGES, 'rm', (run, found) => {
  if (
    hasLetter(run.args, 'rR') &&
    (run.args.some((arg) => /^\/\*?$/.test(arg)) || run.args.indexOf('--no-preserve-root') >= 0)
  )
    found.add('destruction');
});
