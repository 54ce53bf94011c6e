/** What graph-view.ts uses of three. */
declare module 'three' {
  export class Object3D {
    add(...children: Object3D[]): this;
    position: { set(x: number, y: number, z: number): void };
    scale: { set(x: number, y: number, z: number): void };
  }
  export class BufferGeometry {
    dispose(): void;
  }
  export class BoxGeometry extends BufferGeometry {
    constructor(width: number, height: number, depth: number);
  }
  export class OctahedronGeometry extends BufferGeometry {
    constructor(radius: number);
  }
  export class SphereGeometry extends BufferGeometry {
    constructor(radius: number, widthSegments: number, heightSegments: number);
  }
  export class Material {
    dispose(): void;
  }
  export class MeshLambertMaterial extends Material {
    constructor(options: { readonly color: string });
  }
  export class Mesh extends Object3D {
    constructor(geometry: BufferGeometry, material: Material);
  }
  export class CanvasTexture {
    constructor(canvas: HTMLCanvasElement);
    colorSpace: string;
  }
  export const SRGBColorSpace: string;
  export class SpriteMaterial extends Material {
    constructor(options: { readonly map: CanvasTexture; readonly depthWrite: boolean });
  }
  export class Sprite extends Object3D {
    constructor(material: SpriteMaterial);
  }
}
