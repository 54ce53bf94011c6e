/**
 * One HTTP request to Kibana, with a certificate authority of one's own where one is given. `fetch` of
 * Node cannot take one without another package.
 */
import http from 'node:http';
import https from 'node:https';
import { LIMITS } from '@mini-soc/model';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Certificate authority that signed the server's certificate, PEM text. */
  readonly ca?: string | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

export type SendRequest = (request: HttpRequest) => Promise<HttpAnswer>;

/** Rejects when no whole answer came in time, or one longer than we read. Follows no redirection. */
export const sendRequest: SendRequest = ({ method, url, headers, body, ca, timeoutMs, signal }) =>
  new Promise((resolve, reject) => {
    const within = AbortSignal.timeout(timeoutMs);
    const options = {
      method,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      signal: signal === undefined ? within : AbortSignal.any([signal, within]),
      ...(ca === undefined ? {} : { ca }),
    };
    const client = url.startsWith('https:') ? https : http;
    const request = client.request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > LIMITS.answer_bytes.value)
          request.destroy(new Error(`the answer is over ${LIMITS.answer_bytes.value} bytes`));
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
      response.on('error', reject);
    });
    request.on('error', (error) =>
      reject(
        within.aborted ? new Error(`no answer within ${timeoutMs} ms`, { cause: error }) : error,
      ),
    );
    request.end(body);
  });
