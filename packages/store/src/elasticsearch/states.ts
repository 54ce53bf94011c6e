/** The named states of services. */
import type { Connection } from './connection.ts';
import { idOf } from './document-id.ts';
import type { IndexNames } from './indices.ts';

export async function readState(
  connection: Connection,
  names: IndexNames,
  name: string,
): Promise<unknown> {
  const { _source: state } = await connection.send<{
    readonly _source?: { readonly value: string };
  }>({
    action: 'read a state',
    method: 'GET',
    path: `/${names.states}/_doc/${idOf(name)}`,
    expected: [404],
  });
  return state === undefined ? undefined : (JSON.parse(state.value) as unknown);
}

/** The newest write wins. */
export async function writeState(
  connection: Connection,
  names: IndexNames,
  name: string,
  value: unknown,
): Promise<void> {
  await connection.send({
    action: 'write a state',
    method: 'PUT',
    path: `/${names.states}/_doc/${idOf(name)}`,
    body: { name, value: JSON.stringify(value) },
  });
}
