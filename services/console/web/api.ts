/** Requests of the page to its own server. */

export interface Part {
  readonly name: string;
  readonly ok: boolean;
  readonly state: string;
}

export interface Evidence {
  readonly event_id: string;
  readonly '@timestamp': string;
  readonly message: string;
}

export interface AlertView {
  readonly alert_id: string;
  readonly rule_name: string;
  readonly severity: 'low' | 'medium' | 'high' | 'critical';
  readonly risk_score: number;
  readonly event_count: number;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly status: 'open' | 'acknowledged' | 'closed';
  readonly late: boolean;
  readonly source_ip?: string;
  readonly response: {
    readonly state: 'pending' | 'done' | 'refused';
    readonly action?: string;
    readonly reason?: string;
  };
  readonly details: {
    readonly summary: string;
    readonly evidence: readonly Evidence[];
    readonly history: readonly {
      readonly at: string;
      readonly severity: string;
      readonly event_count: number;
    }[];
    readonly commands?: readonly string[];
    readonly mitre_techniques?: readonly string[];
    readonly mitre_tactics?: readonly string[];
    readonly mitre_urls?: readonly string[];
    readonly threat_summary?: string;
    readonly source_ip_origin?: string;
  };
}

export interface BlockView {
  readonly source_ip: string;
  readonly rule_name: string;
  readonly severity: string;
  readonly reason?: string;
  readonly since: string;
  readonly until: string;
  readonly simulated: boolean;
}

export interface Overview {
  readonly parts: readonly Part[];
  readonly rate: { readonly bucketSeconds: number; readonly counts: readonly number[] };
  readonly totals: { readonly events: number; readonly alerts: number; readonly blocked: number };
  readonly alerts: readonly AlertView[];
  readonly blocks: readonly BlockView[];
}

async function send(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(path, {
    method,
    credentials: 'same-origin',
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const result: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return result;
  const message = (result as { error?: { message?: string } } | undefined)?.error?.message;
  throw new Error(message ?? `The server answered ${answer.status}`);
}

export async function isSignedIn(): Promise<boolean> {
  return ((await send('GET', '/api/session')) as { signed_in: boolean }).signed_in;
}

export const signIn = (token: string): Promise<unknown> => send('POST', '/api/session', { token });
export const unblock = (address: string): Promise<unknown> =>
  send('DELETE', `/api/blocks/${encodeURIComponent(address)}`);
export const setStatus = (id: string, status: AlertView['status']): Promise<unknown> =>
  send('PATCH', `/api/alerts/${encodeURIComponent(id)}`, { status });
export const readOverview = async (): Promise<Overview> =>
  (await send('GET', '/api/overview')) as Overview;

/** Calls back with each new overview; the browser reconnects by itself. Returns how to end it. */
export function watchOverview(
  onOverview: (overview: Overview) => void,
  onConnection: (isUp: boolean) => void,
): () => void {
  const source = new EventSource('/api/stream');
  source.addEventListener('open', () => onConnection(true));
  source.addEventListener('error', () => onConnection(false));
  source.addEventListener('overview', (event) =>
    onOverview(JSON.parse((event as MessageEvent<string>).data) as Overview),
  );
  return () => source.close();
}
