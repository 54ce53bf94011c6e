/** Documents of the trail about what people did. */
import { createHash } from 'node:crypto';
import type { Act, Block } from '@mini-soc/model';
import type { Asker } from '@mini-soc/service-kit';

/** Who did something, as it stands in the trail. */
export type Doer = Pick<Asker, 'name' | 'address' | 'via'>;

export function doerDetails({ name, address, via }: Doer): Readonly<Record<string, string>> {
  return { by: name, address, ...(via === undefined ? {} : { via }) };
}

/** `range` was put on the allow list, or taken off it. */
export function toAllowAct(
  kind: 'allowed' | 'disallowed',
  range: string,
  doer: Doer,
  at: Date,
): Block {
  const verb = kind === 'allowed' ? 'was put on' : 'was taken off';
  return document(kind, at.toISOString(), `${range} ${verb} the allow list`, {
    ...doerDetails(doer),
    range,
  });
}

/** What was held back may block again. */
export function toBreakerAct(rules: readonly string[], doer: Doer, at: Date): Block {
  return document(
    'breaker_closed',
    at.toISOString(),
    `Rules may block again: ${rules.join(', ')}`,
    doerDetails(doer),
  );
}

export function toActDocument(act: Act): Block {
  const { by, address, via, at } = act;
  const details = doerDetails({ name: by, address, ...(via === undefined ? {} : { via }) });
  return act.kind === 'signed_in'
    ? document(act.kind, at, 'Somebody signed in to the console', details)
    : {
        ...document(act.kind, at, `The alert is ${act.status} now`, {
          ...details,
          status: act.status,
        }),
        alert_id: act.alert_id,
      };
}

function document(
  kind: Block['kind'],
  at: string,
  action: string,
  details: Readonly<Record<string, string>>,
): Block {
  return {
    '@timestamp': at,
    block_id: createHash('sha256')
      .update(JSON.stringify([kind, at, action, details]))
      .digest('base64url')
      .slice(0, 22),
    kind,
    action_taken: action,
    details: { ...details },
  };
}
