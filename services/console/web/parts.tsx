import { overview } from './state.ts';
import { visible } from './visible-text.ts';

/** Longer names, such as those of log files, have a line of their own. */
const SHORT_NAME = 12;

/** The state of each part in plain words. */
export function Parts() {
  const parts = overview.value?.parts ?? [];
  return (
    <section class="card" aria-labelledby="parts-title">
      <h2 id="parts-title">State</h2>
      <ul class="parts">
        {parts.map((part) => (
          <li
            key={part.name}
            class={`${part.ok ? 'up' : 'down'}${part.name.length > SHORT_NAME ? ' wide' : ''}`}
          >
            <span class="dot" aria-hidden="true" />
            <span class="part-name">{visible(part.name, 300)}</span>
            <span class="part-state">{visible(part.state, 300)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
