import type { AlertView } from './api.ts';
import { AlertDetails } from './alert-details.tsx';
import { nowMs, openAlert, overview } from './state.ts';
import { ago } from './time-text.ts';
import { visible } from './visible-text.ts';

function answerOf(alert: AlertView): string {
  const { state, action, reason } = alert.response;
  if (state === 'pending') return 'waiting for an answer';
  if (state === 'refused') return reason ?? 'not blocked';
  if (action === 'block') return `${alert.source_ip ?? 'address'} blocked`;
  return action === 'ticket' ? (reason ?? 'ticket written') : (reason ?? 'recorded');
}

function AlertRow({ alert }: { readonly alert: AlertView }) {
  const isOpen = openAlert.value === alert.alert_id;
  return (
    <li class={`alert ${alert.severity} ${alert.status}`}>
      <button
        type="button"
        class="alert-head"
        aria-expanded={isOpen}
        onClick={() => (openAlert.value = isOpen ? undefined : alert.alert_id)}
      >
        <span class={`badge ${alert.severity}`}>{alert.severity}</span>
        <span class="what">
          <span class="summary">{visible(alert.details.summary, 400)}</span>
          <span class="meta">
            {visible(alert.rule_name, 80)} · {alert.event_count}{' '}
            {alert.event_count === 1 ? 'event' : 'events'} · {ago(alert.last_seen, nowMs.value)}
            {alert.late ? ' · found late' : ''}
            {alert.status === 'open' ? '' : ` · ${alert.status}`}
          </span>
          <span class={`answer ${alert.response.state}`}>{visible(answerOf(alert), 300)}</span>
        </span>
        <span class="chevron" aria-hidden="true">
          {isOpen ? '▾' : '▸'}
        </span>
      </button>
      {isOpen && <AlertDetails alert={alert} />}
    </li>
  );
}

export function Alerts() {
  const alerts = overview.value?.alerts ?? [];
  return (
    <section class="card alerts" aria-labelledby="alerts-title">
      <h2 id="alerts-title">Alerts</h2>
      {alerts.length === 0 ? (
        <p class="empty">
          Nothing yet. An attack appears here within a second of its last log line, with what
          happened in one sentence.
        </p>
      ) : (
        <ul aria-live="polite" aria-relevant="additions">
          {alerts.map((alert) => (
            <AlertRow key={alert.alert_id} alert={alert} />
          ))}
        </ul>
      )}
    </section>
  );
}
