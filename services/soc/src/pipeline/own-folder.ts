/**
 * The data folder is ours alone, or nothing in it can be trusted: whoever can write there can put a link in the
 * place of a file that we are about to write. Checked once, before anything is opened; from then on nobody
 * else can change what is in it.
 */
import { chmod, lstat, mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UsageError } from '@mini-soc/model';

export interface FolderUser {
  readonly uid: number;
  readonly gid: number;
}

/** Of what earlier versions made with the umask of the day. */
const OTHERS = 0o077;
const OTHERS_WRITE = 0o002;
const GROUP_WRITE = 0o020;
/** Folders below it that we write to; others (models, backups) are not followed into. */
const DEPTH = 3;

/** Makes it where it is missing. Throws UsageError in one sentence that names what is wrong. */
export async function openOwnFolder(directory: string, user: FolderUser): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new UsageError(`Cannot create the data folder "${directory}": ${messageOf(cause)}`, {
      cause,
    });
  }
  const refuse = (why: string): never => {
    throw new UsageError(`Cannot use the data folder "${directory}": ${why}`);
  };
  const facts = await stat(directory);
  if (facts.uid !== user.uid)
    refuse(
      `it belongs to user ${facts.uid}, not to user ${user.uid} (choose another with --data, or start as its owner)`,
    );
  const isForGroup = (facts.mode & GROUP_WRITE) !== 0 && facts.gid !== user.gid;
  if ((facts.mode & OTHERS_WRITE) !== 0 || isForGroup)
    refuse(
      `other users may write to it (look what is in it, then: chmod go-w ${JSON.stringify(directory)})`,
    );
  await judgeEntries(directory, user, DEPTH, refuse);
}

async function judgeEntries(
  folder: string,
  user: FolderUser,
  depth: number,
  refuse: (why: string) => never,
): Promise<void> {
  for (const entry of await readdir(folder)) {
    const file = path.join(folder, entry);
    const facts = await lstat(file).catch(() => undefined);
    if (facts === undefined) continue; // gone by now
    if (facts.isSymbolicLink()) refuse(`"${file}" is a link, and none is followed here`);
    if (facts.uid !== user.uid) refuse(`"${file}" belongs to user ${facts.uid}`);
    if (facts.isFile() && facts.nlink > 1)
      refuse(`"${file}" has another name elsewhere (hard link)`);
    if ((facts.isFile() || facts.isDirectory()) && (facts.mode & OTHERS) !== 0)
      await chmod(file, facts.mode & 0o700);
    if (facts.isDirectory() && depth > 1) await judgeEntries(file, user, depth - 1, refuse);
  }
}
