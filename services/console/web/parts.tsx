import { overview } from './state.ts';
import { visible } from './visible-text.ts';

/** The state of each part in plain words. */
export function Parts() {
  const parts = overview.value?.parts ?? [];
  return (
    <section class="card" aria-labelledby="parts-title">
      <h2 id="parts-title">State</h2>
      <ul class="parts">
        {parts.map((part) => (
          <li key={part.name} class={part.ok ? 'up' : 'down'}>
            <span class="dot" aria-hidden="true" />
            <span class="part-name">{part.name}</span>
            <span class="part-state">{visible(part.state, 300)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
