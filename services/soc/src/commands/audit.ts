/** `soc audit verify`: whether ledger and trail are what was written. */
import { UsageError, safeJson } from '@mini-soc/model';
import { z } from 'zod';
import type { CommandContext } from '../command.ts';
import { NotRunningError, reachInstance } from '../running-instance.ts';
import { safeText } from '../safe-text.ts';
import { askService } from './ask-service.ts';
import { DATA_OPTIONS, readArguments, readCommandSettings } from './read-arguments.ts';

const verificationSchema = z.looseObject({
  sound: z.boolean(),
  ledger: z.looseObject({
    entries: z.int(),
    unlinked: z.int(),
    head: z.string(),
    first_break: z.string().optional(),
  }),
  trail: z.looseObject({
    documents: z.int(),
    first: z.int(),
    last: z.int(),
    first_break: z.string().optional(),
    unread: z.string().optional(),
  }),
});
type Verified = z.infer<typeof verificationSchema>;

/** Looks at the files of an instance that does not run. */
export type VerifyFiles = (dataDirectory: string) => Promise<Verified>;

/** 0 when nothing was changed, 1 when something was. */
export async function runAudit(
  context: CommandContext,
  verifyFiles?: VerifyFiles,
): Promise<number> {
  const [what, ...argv] = context.argv;
  if (what !== 'verify')
    throw new UsageError(
      `Expected soc audit verify: current value is ${JSON.stringify(what ?? '')}`,
    );
  const { values } = readArguments(argv, DATA_OPTIONS);
  const settings = await readCommandSettings(context, values);
  const { response } = await reachInstance(settings, context);
  const verified = await askService(response, '/audit/verification', {
    answer: verificationSchema,
  }).catch(async (error: unknown) => {
    if (!(error instanceof NotRunningError) || verifyFiles === undefined) throw error;
    return verifyFiles(settings.DATA_DIR);
  });
  context.write(values.json ? `${safeJson(verified, 2)}\n` : describe(verified));
  return verified.sound ? 0 : 1;
}

function describe({ ledger, trail }: Verified): string {
  const old =
    ledger.unlinked === 0 ? '' : `, ${ledger.unlinked} of an older version without a link`;
  const lines = [
    `ledger  ${ledger.first_break ?? `whole: ${ledger.entries} entries${old}`}`,
    `        head ${ledger.head === '' ? '(none yet)' : ledger.head}`,
    `trail   ${
      trail.unread ??
      trail.first_break ??
      (trail.documents === 0
        ? 'no document with a link yet'
        : `whole: documents ${trail.first} to ${trail.last}`)
    }`,
  ];
  return `${lines.map((line) => safeText(line)).join('\n')}\n`;
}
