/**
 * Names of the log files of the self-test. Who reads such a file in the folder of SELF_TEST_DIR marks its
 * events as of a self-test, and nothing else is marked.
 */
const START = 'mini-soc-self-test-';
const END = '.log';

/** All of them in their folder, as Filebeat and the tailer write it. */
export const SELF_TEST_FILES = `${START}*${END}`;

/** The file of one process; the host tells replicas apart. */
export function selfTestFileName(host: string): string {
  return `${START}${host.replaceAll(/[^A-Za-z0-9.-]/g, '-').slice(0, 100)}${END}`;
}

/** True for the name of such a file, without its folder. */
export function isSelfTestFile(name: string): boolean {
  return name.startsWith(START) && name.endsWith(END) && !name.includes('/');
}
