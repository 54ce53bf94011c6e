/** What the page asks its server for. */
export interface GraphNode {
  readonly id: string;
  readonly kind: 'address' | 'entity' | 'alert' | 'technique';
  readonly label: string;
  readonly severity: 'low' | 'medium' | 'high' | 'critical';
  readonly alerts: number;
  readonly text: string;
  readonly last_seen: string;
  readonly url?: string;
}

export interface GraphLink {
  readonly source: string;
  readonly target: string;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
  readonly alerts: number;
  readonly left_out: number;
  readonly has_older: boolean;
}

/** The server wants a token, or a session at the console. */
export class SignInNeeded extends Error {}

/** The graph of the last so many hours. `token` is sent as a header, never in the address. */
export async function readGraph(hours: string, token: string): Promise<Graph> {
  const answer = await fetch(`/viz/graph?hours=${encodeURIComponent(hours)}`, {
    credentials: 'same-origin',
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
  });
  if (answer.status === 401) throw new SignInNeeded();
  if (!answer.ok) throw new Error(`The server answered ${answer.status}`);
  return (await answer.json()) as Graph;
}
