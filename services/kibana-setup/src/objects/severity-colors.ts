/** Colours of the dashboard: cool is calm, warm wants a look. They differ in lightness too. */
import { SEVERITIES, type Severity } from '@mini-soc/model';
import type { ColorMapping } from '../kibana/lens-visualization.ts';

export const SEVERITY_COLORS: Readonly<Record<Severity, string>> = {
  low: '#54b399',
  medium: '#e7c85f',
  high: '#da8b45',
  critical: '#b3261e',
};

export const CALM_COLOR = '#6092c0';

export function severityColors(): ColorMapping {
  return {
    assignments: SEVERITIES.map((severity) => ({
      rules: [{ type: 'raw', value: severity }],
      color: { type: 'colorCode', colorCode: SEVERITY_COLORS[severity] },
      touched: true,
    })),
    specialAssignments: [{ rules: [{ type: 'other' }], color: { type: 'loop' }, touched: false }],
    paletteId: 'eui_amsterdam_color_blind',
    colorMode: { type: 'categorical' },
  };
}
