/** The list and the details: plain elements, everything in them set as text. */
import type { Graph, GraphNode } from './api.ts';
import { visible } from './visible-text.ts';

const KINDS = {
  address: 'Address',
  entity: 'Entity',
  alert: 'Alert',
  technique: 'Technique',
} as const;
const PLURALS = [
  ['address', 'Addresses'],
  ['entity', 'Other entities'],
  ['alert', 'Alerts'],
  ['technique', 'Techniques'],
] as const;

function element(name: string, text = '', className = ''): HTMLElement {
  const made = document.createElement(name);
  if (text !== '') made.textContent = visible(text);
  if (className !== '') made.className = className;
  return made;
}

/** The nodes joined to one. */
function neighboursOf(graph: Pick<Graph, 'nodes' | 'links'>, id: string): readonly GraphNode[] {
  const ids = new Set(
    graph.links.flatMap(({ source, target }) =>
      source === id ? [target] : target === id ? [source] : [],
    ),
  );
  return graph.nodes.filter((node) => ids.has(node.id));
}

function nodeButton(node: GraphNode, onOpen: (id: string) => void): HTMLElement {
  const line = element('li');
  const button = element('button') as HTMLButtonElement;
  button.type = 'button';
  button.dataset['node'] = node.id;
  button.append(
    element('span', node.severity, `badge ${node.severity}`),
    element('span', node.kind === 'alert' ? `${node.label}: ${node.text}` : node.label),
  );
  button.addEventListener('click', () => onOpen(node.id));
  line.append(button);
  return line;
}

/** Everything in the graph, by kind; each node opens its details. */
export function showList(
  place: HTMLElement,
  graph: Pick<Graph, 'nodes'>,
  onOpen: (id: string) => void,
): void {
  const parts = PLURALS.flatMap(([kind, title]) => {
    const nodes = graph.nodes.filter((node) => node.kind === kind);
    if (nodes.length === 0) return [];
    const list = element('ul');
    list.append(...nodes.map((node) => nodeButton(node, onOpen)));
    return [element('h2', `${title} (${nodes.length})`), list];
  });
  const open = document.activeElement;
  const focused = open instanceof HTMLElement ? open.dataset['node'] : undefined;
  place.replaceChildren(...parts);
  if (focused !== undefined)
    [...place.querySelectorAll('button')]
      .find((button) => button.dataset['node'] === focused)
      ?.focus();
}

/** What is known of one node, and what it is joined to. */
export function showDetails(
  place: HTMLElement,
  graph: Pick<Graph, 'nodes' | 'links'>,
  node: GraphNode,
  onOpen: (id: string | undefined) => void,
): void {
  const close = element('button', 'Close', 'close') as HTMLButtonElement;
  close.type = 'button';
  close.addEventListener('click', () => onOpen(undefined));
  const parts = [
    close,
    element('p', KINDS[node.kind], 'kind'),
    element('h2', node.label),
    element('span', node.severity, `badge ${node.severity}`),
    element('p', node.text),
    element(
      'p',
      `${node.kind === 'alert' ? '' : `${node.alerts} ${node.alerts === 1 ? 'alert' : 'alerts'}, `}last event ${new Date(node.last_seen).toLocaleString()}`,
      'soft',
    ),
  ];
  if (node.url !== undefined && node.url.startsWith('https://attack.mitre.org/')) {
    const link = element('a', 'What ATT&CK says about it') as HTMLAnchorElement;
    link.href = node.url;
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    parts.push(link);
  }
  const list = element('ul');
  list.append(...neighboursOf(graph, node.id).map((other) => nodeButton(other, onOpen)));
  place.replaceChildren(...parts, list);
}
