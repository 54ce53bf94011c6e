/** The page of the graph: reads it again and again, filters it, shows it as a picture and as a list. */
import { readGraph, SignInNeeded, type Graph } from './api.ts';
import type { GraphView } from './graph-view.ts';
import { showDetails, showList } from './panels.ts';
import { visible } from './visible-text.ts';

const EVERY_MS = 3000;

function find(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}`);
  return found;
}

const state = find('state');
const hours = find('hours') as HTMLSelectElement;
const viewButton = find('view');
const boxes = [...document.querySelectorAll<HTMLInputElement>('#controls input[type=checkbox]')];
let view: GraphView | undefined;
let isList = false;
let token = '';
let graph: Graph | undefined;
let last = '';
let openNode: string | undefined;

/** Nodes of the chosen severities; an address or technique stays while one of its alerts does. */
function chosen(whole: Graph): Graph {
  const severities = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  const alerts = new Set(
    whole.nodes
      .filter((node) => node.kind === 'alert' && severities.has(node.severity))
      .map((node) => node.id),
  );
  const links = whole.links.filter(
    ({ source, target }) => alerts.has(source) || alerts.has(target),
  );
  const joined = new Set(links.flatMap(({ source, target }) => [source, target]));
  return {
    ...whole,
    nodes: whole.nodes.filter((node) => alerts.has(node.id) || joined.has(node.id)),
    links,
  };
}

function open(id: string | undefined): void {
  openNode = id;
  show();
}

function show(): void {
  if (graph === undefined) return;
  const part = chosen(graph);
  const alerts = part.nodes.filter((node) => node.kind === 'alert').length;
  const cuts = [
    ...(graph.left_out > 0 ? [`${graph.left_out} more are left out, choose a shorter time`] : []),
    ...(graph.has_older ? ['older ones are not shown'] : []),
  ];
  state.textContent = [`${alerts} ${alerts === 1 ? 'alert' : 'alerts'}`, ...cuts].join(' · ');
  find('empty').hidden = part.nodes.length > 0;
  find('graph').hidden = isList;
  find('list').hidden = !isList;
  if (isList) find('tip').hidden = true;
  viewButton.setAttribute('aria-pressed', String(isList));
  if (isList) showList(find('list'), part, open);
  else view?.update(part);
  const details = find('details');
  const node = part.nodes.find((one) => one.id === openNode);
  details.hidden = node === undefined;
  if (node !== undefined) showDetails(details, part, node, open);
}

async function refresh(): Promise<void> {
  try {
    const next = await readGraph(hours.value, token);
    find('sign-in').hidden = true;
    const text = JSON.stringify(next);
    if (text === last) return;
    last = text;
    graph = next;
    show();
  } catch (error) {
    last = '';
    const needsToken = error instanceof SignInNeeded;
    state.textContent = needsToken ? 'Sign in to see the graph' : 'The server does not answer';
    find('sign-in').hidden = !needsToken;
    find('refused').hidden = !needsToken || token === '';
  }
}

async function repeat(): Promise<void> {
  if (!document.hidden && find('sign-in').hidden) await refresh();
  setTimeout(() => void repeat(), EVERY_MS);
}

async function startView(): Promise<void> {
  try {
    const { createGraphView } = await import('./graph-view.ts');
    view = createGraphView({
      element: find('graph'),
      onClick: open,
      onHover(id) {
        const node = graph?.nodes.find((one) => one.id === id);
        const tip = find('tip');
        tip.hidden = node === undefined;
        tip.textContent = node === undefined ? '' : visible(`${node.label} ${node.text}`.trim());
      },
    });
  } catch {
    isList = true;
    viewButton.hidden = true;
    find('list').before(
      Object.assign(document.createElement('p'), {
        className: 'soft notice',
        textContent:
          'This browser cannot draw in three dimensions, so everything is shown as a list.',
      }),
    );
  }
}

viewButton.addEventListener('click', () => {
  isList = !isList;
  show();
  view?.resize();
});
hours.addEventListener('change', () => void refresh());
for (const box of boxes) box.addEventListener('change', show);
addEventListener('resize', () => view?.resize());
addEventListener('keydown', (event) => {
  if (event.key === 'Escape') open(undefined);
});
find('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  token = (find('token') as HTMLInputElement).value;
  void refresh();
});
await startView();
await refresh();
void repeat();
