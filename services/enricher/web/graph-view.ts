/**
 * The only file that knows 3d-force-graph and three. Labels are painted onto canvases, letter by letter, so
 * that nothing in them can be taken for HTML; the library's own labels, which are HTML, stay off.
 */
import ForceGraph3D from '3d-force-graph';
import {
  BoxGeometry,
  CanvasTexture,
  Mesh,
  MeshLambertMaterial,
  OctahedronGeometry,
  SphereGeometry,
  Sprite,
  SpriteMaterial,
  SRGBColorSpace,
  type BufferGeometry,
  type Object3D,
} from 'three';
import type { Graph, GraphNode } from './api.ts';
import { visible } from './visible-text.ts';

export interface GraphView {
  /** Nodes that were there before keep their place. */
  readonly update: (graph: Pick<Graph, 'nodes' | 'links'>) => void;
  readonly resize: () => void;
}

export interface GraphViewOptions {
  readonly element: HTMLElement;
  readonly onClick: (id: string) => void;
  readonly onHover: (id: string | undefined) => void;
}

type Placed = GraphNode & { x?: number; y?: number; z?: number };

const COLOURS = {
  critical: '#ff4d57',
  high: '#ff8a3d',
  medium: '#f2c14e',
  low: '#6fb7e9',
} as const;
const TECHNIQUE = '#a98bff';
const LABEL_CHARACTERS = 40;
const FONT_PIXELS = 44;
const FIT_EVERY_MS = 400;

/** Throws when the browser has no WebGL. */
export function createGraphView(options: GraphViewOptions): GraphView {
  const probe = document.createElement('canvas');
  if (probe.getContext('webgl2') === null) throw new Error('This browser has no WebGL');
  const placed = new Map<string, Placed>();
  const view = new ForceGraph3D(options.element, { controlType: 'orbit' })
    .backgroundColor('#0f141b')
    .showNavInfo(false)
    .nodeLabel(() => '')
    .linkLabel(() => '')
    .linkColor(() => '#8fa0b5')
    .linkOpacity(0.45)
    .linkWidth(0.6)
    .nodeThreeObject((node) => draw(node as Placed))
    .onNodeClick((node) => options.onClick((node as Placed).id))
    .onNodeHover((node) => options.onHover((node as Placed | null)?.id))
    .cooldownTime(6000);
  // Until somebody takes the camera, all of the graph is in sight while it finds its form.
  let isTaken = false;
  let fittedMs = Number.NEGATIVE_INFINITY;
  const fit = (): void => {
    if (isTaken || performance.now() - fittedMs < FIT_EVERY_MS) return;
    fittedMs = performance.now();
    view.zoomToFit(FIT_EVERY_MS, 60);
  };
  for (const gesture of ['pointerdown', 'wheel', 'keydown'] as const)
    options.element.addEventListener(gesture, () => (isTaken = true), { once: true });
  view.onEngineTick(fit).onEngineStop(fit);
  const resize = (): void => {
    view.width(options.element.clientWidth).height(options.element.clientHeight);
  };
  resize();
  return {
    resize,
    update({ nodes, links }) {
      const known = new Set(nodes.map((node) => node.id));
      for (const id of placed.keys()) if (!known.has(id)) placed.delete(id);
      const next = nodes.map((node) => {
        const before = placed.get(node.id);
        const isSame =
          before !== undefined &&
          before.severity === node.severity &&
          before.alerts === node.alerts;
        const current: Placed = isSame
          ? before
          : { ...node, ...(before === undefined ? {} : placeOf(before)) };
        placed.set(node.id, current);
        return current;
      });
      view.graphData({ nodes: next, links: links.map((link) => ({ ...link })) });
    },
  };
}

function placeOf({ x, y, z }: Placed): Pick<Placed, 'x' | 'y' | 'z'> {
  return x === undefined || y === undefined || z === undefined ? {} : { x, y, z };
}

function draw(node: Placed): Object3D {
  const size = 3.5 + Math.min(5, Math.log2(node.alerts + 1));
  const colour = node.kind === 'technique' ? TECHNIQUE : COLOURS[node.severity];
  const body = new Mesh(shapeOf(node, size), new MeshLambertMaterial({ color: colour }));
  if (node.kind !== 'alert') body.add(write(node.label, size));
  return body;
}

function shapeOf({ kind }: Placed, size: number): BufferGeometry {
  switch (kind) {
    case 'address':
    case 'entity':
      return new BoxGeometry(size * 1.6, size * 1.6, size * 1.6);
    case 'technique':
      return new OctahedronGeometry(size * 1.2);
    case 'alert':
      return new SphereGeometry(size, 16, 12);
    default:
      return kind satisfies never;
  }
}

function write(label: string, size: number): Sprite {
  const whole = visible(label);
  const text = whole.length > LABEL_CHARACTERS ? `${whole.slice(0, LABEL_CHARACTERS)}…` : whole;
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  const font = `600 ${FONT_PIXELS}px system-ui, sans-serif`;
  if (pen !== null) {
    pen.font = font;
    canvas.width = Math.ceil(pen.measureText(text).width) + 16;
    canvas.height = FONT_PIXELS + 20;
    pen.font = font;
    pen.fillStyle = '#e6ebf2';
    pen.textBaseline = 'middle';
    pen.fillText(text, 8, canvas.height / 2);
  }
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  const sprite = new Sprite(new SpriteMaterial({ map: texture, depthWrite: false }));
  const height = 8;
  sprite.scale.set((height * canvas.width) / canvas.height, height, 1);
  sprite.position.set(0, size * 1.6 + 4, 0);
  return sprite;
}
