import { useState } from 'preact/hooks';
import { setStatus, type AlertView } from './api.ts';
import { refresh, say } from './state.ts';
import { clock } from './time-text.ts';
import { visible } from './visible-text.ts';

const LONG = 600;

function LongText({ text }: { readonly text: string }) {
  const [isWhole, setWhole] = useState(false);
  return (
    <>
      <code>{visible(text, isWhole ? 20_000 : LONG)}</code>
      {text.length > LONG && (
        <button type="button" class="link" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'less' : 'show all'}
        </button>
      )}
    </>
  );
}

/** Only pages of ATT&CK become links. */
function Techniques({ alert }: { readonly alert: AlertView }) {
  const ids = alert.details.mitre_techniques ?? [];
  if (ids.length === 0) return null;
  return (
    <div>
      <h4>Techniques</h4>
      <ul class="chips">
        {ids.map((id, index) => {
          const url = alert.details.mitre_urls?.[index] ?? '';
          return (
            <li key={id}>
              {url.startsWith('https://attack.mitre.org/techniques/') ? (
                <a href={url} target="_blank" rel="noreferrer noopener">
                  {visible(id, 20)}
                </a>
              ) : (
                visible(id, 20)
              )}
            </li>
          );
        })}
      </ul>
      {alert.details.threat_summary !== undefined && (
        <p class="hint">{visible(alert.details.threat_summary, 900)}</p>
      )}
    </div>
  );
}

export function AlertDetails({ alert }: { readonly alert: AlertView }) {
  const change = async (status: AlertView['status']): Promise<void> => {
    try {
      await setStatus(alert.alert_id, status);
      await refresh();
      say(`Alert is ${status}`);
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  };
  const { history, evidence, commands, source_ip_origin: origin } = alert.details;
  return (
    <div class="details">
      {origin !== undefined && <p class="hint">Address from: {visible(origin)}</p>}
      <Techniques alert={alert} />
      {history.length > 0 && (
        <div>
          <h4>Severity</h4>
          <p>
            {history
              .map((step) => `${clock(step.at)} ${step.severity} (${step.event_count})`)
              .join(' → ')}
          </p>
        </div>
      )}
      {commands !== undefined && commands.length > 0 && (
        <div>
          <h4>Commands</h4>
          <ul class="lines">
            {commands.map((command, index) => (
              <li key={index}>
                <LongText text={command} />
              </li>
            ))}
          </ul>
        </div>
      )}
      <div>
        <h4>Evidence</h4>
        <ul class="lines">
          {evidence.map((line) => (
            <li key={line.event_id}>
              <LongText text={line.message} />
            </li>
          ))}
        </ul>
      </div>
      <div class="actions">
        {alert.status === 'open' && (
          <button type="button" onClick={() => void change('acknowledged')}>
            Acknowledge
          </button>
        )}
        {alert.status === 'closed' ? (
          <button type="button" onClick={() => void change('open')}>
            Open again
          </button>
        ) : (
          <button type="button" onClick={() => void change('closed')}>
            Close
          </button>
        )}
      </div>
    </div>
  );
}
