/** What makes requests: the global fetch, or one with another transport or other authorities. */
export type Fetch = typeof globalThis.fetch;
