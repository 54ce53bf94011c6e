/** Headers of every answer of every service: it may not be framed, sniffed, or read by other pages. */

const LOCKED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** The page at /docs: its own files; it sets styles of single elements. */
const DOCS =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A route that shows a page says what the page may load; nothing else need change. */
export function safeHeaders(route: string | undefined): Readonly<Record<string, string>> {
  return {
    'content-security-policy': isDocs(route) ? DOCS : LOCKED,
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
  };
}

/** By the route that answers, so that no spelling of a path passes for it. */
export function isDocs(route: string | undefined): boolean {
  return route === '/docs' || route?.startsWith('/docs/') === true;
}
