import { describe, expect, it } from 'vitest';
import { judgeCruise, judgeNamed, type Cruise } from './check-gates.ts';
import { dependencyPlants, type Plant } from './planted-violations.ts';

const PLANT: Plant = { path: 'packages/a/src/x.ts', text: '', rule: 'no-circular' };

function cruise(sources: readonly string[], violations: readonly [string, string][]): Cruise {
  return {
    modules: sources.map((source) => ({ source })),
    summary: { violations: violations.map(([from, name]) => ({ from, rule: { name } })) },
  };
}

describe('judgeCruise()', () => {
  it('judgeCruise() is content when every plant is named by its rule', () => {
    const seen = cruise([PLANT.path], [[PLANT.path, 'no-circular']]);
    expect(judgeCruise(seen, [PLANT], ['no-circular'], [PLANT.path])).toEqual([]);
  });

  it('judgeCruise() refuses a run that looked at nothing', () => {
    expect(judgeCruise(cruise([], []), [], [], [])).toEqual([
      'dependencies: no module was looked at',
    ]);
  });

  it('judgeCruise() refuses a run that left out a source file', () => {
    const seen = cruise([PLANT.path], [[PLANT.path, 'no-circular']]);
    expect(judgeCruise(seen, [PLANT], ['no-circular'], ['packages/b/src/y.ts'])).toEqual([
      'dependencies: "packages/b/src/y.ts" was not looked at',
    ]);
  });

  it('judgeCruise() names a plant that stayed green, also when another rule saw it', () => {
    const seen = cruise([PLANT.path], [[PLANT.path, 'no-junk-drawers']]);
    expect(judgeCruise(seen, [PLANT], ['no-circular'], [])).toEqual([
      'dependencies: packages/a/src/x.ts violates no-circular, but the gate stayed green',
    ]);
  });

  it('judgeCruise() names a rule nobody violates', () => {
    const seen = cruise([PLANT.path], [[PLANT.path, 'no-circular']]);
    expect(judgeCruise(seen, [PLANT], ['no-circular', 'new-rule'], [])).toEqual([
      'dependencies: no violation of new-rule is planted',
    ]);
  });

  it('judgeCruise() names a legal import that is refused', () => {
    const legal: Plant = { path: 'packages/a/src/legal.ts', text: '' };
    const seen = cruise([legal.path], [[legal.path, 'vendors-at-the-edge']]);
    expect(judgeCruise(seen, [legal], [], [])).toEqual([
      'dependencies: packages/a/src/legal.ts is legal but is refused by vendors-at-the-edge',
    ]);
  });

  it('judgeCruise() takes a circle from either end', () => {
    const circle: Plant = { ...PLANT, besides: [{ path: 'packages/a/src/back.ts', text: '' }] };
    const seen = cruise([PLANT.path], [['packages/a/src/back.ts', 'no-circular']]);
    expect(judgeCruise(seen, [circle], ['no-circular'], [])).toEqual([]);
  });
});

describe('judgeNamed()', () => {
  it('judgeNamed() wants the rule at the very file', () => {
    expect(judgeNamed('lint', [PLANT], new Set([`${PLANT.path} no-circular`]))).toEqual([]);
    expect(judgeNamed('lint', [PLANT], new Set(['packages/a/src/y.ts no-circular']))).toEqual([
      'lint: packages/a/src/x.ts violates no-circular, but the gate stayed green',
    ]);
  });
});

describe('dependencyPlants()', () => {
  it('dependencyPlants() plants every arrow that is not drawn, and none that is', () => {
    const plants = dependencyPlants({ arrows: { a: [], b: ['a'] }, vendors: {} });
    const paths = plants.map((plant) => plant.path).filter((path) => path.includes('arrow-'));
    expect(paths).toEqual(['packages/a/src/planted-arrow-b.ts']);
  });

  it('dependencyPlants() plants a vendor outside its home', () => {
    const vendors = { yaml: '^packages/query/' };
    const plants = dependencyPlants({ arrows: {}, vendors });
    expect(plants.map((plant) => plant.path)).toContain(
      'services/detection/src/planted-vendor-yaml.ts',
    );
  });
});
