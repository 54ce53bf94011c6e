import { overview } from './state.ts';

export function Totals() {
  const data = overview.value;
  const serious = (data?.alerts ?? []).filter(
    (alert) =>
      alert.status === 'open' && (alert.severity === 'high' || alert.severity === 'critical'),
  ).length;
  const figures = [
    ['events stored', (data?.totals.events ?? 0).toLocaleString()],
    ['open, high or critical', String(serious)],
    ['blocked now', String(data?.totals.blocked ?? 0)],
  ] as const;
  return (
    <dl class="totals card">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dd>{value}</dd>
          <dt>{name}</dt>
        </div>
      ))}
    </dl>
  );
}
