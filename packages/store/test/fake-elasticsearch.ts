/** A server that answers as a test tells it, in the way Elasticsearch does. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  /** Cut the connection instead. */
  readonly drop?: boolean;
}

export interface Question {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body: string;
}

const servers: Server[] = [];

/** Resolves to its address; what `answer` leaves undefined is acknowledged. */
export async function fakeElasticsearch(
  answer: (question: Question) => Answer | undefined,
): Promise<string> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const path = request.url ?? '';
      const given = answer({
        method: request.method ?? '',
        path,
        body: Buffer.concat(parts).toString(),
      });
      const usual =
        path === '/' ? { version: { number: '8.19.0' } } : ({ acknowledged: true } as const);
      const { status = 200, body = given === undefined ? usual : {}, drop } = given ?? {};
      if (drop === true) {
        response.destroy();
        return;
      }
      response.writeHead(status, {
        'content-type': 'application/vnd.elasticsearch+json;compatible-with=8',
        'x-elastic-product': 'Elasticsearch',
      });
      response.end(JSON.stringify(body));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Ends all of them; requests under way are cut. */
export async function closeFakes(): Promise<void> {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
}
