import { useState } from 'preact/hooks';
import { unblock, type BlockView } from './api.ts';
import { nowMs, overview, refresh, say } from './state.ts';
import { left } from './time-text.ts';
import { visible } from './visible-text.ts';

function BlockRow({ block }: { readonly block: BlockView }) {
  const [isAsking, setAsking] = useState(false);
  const lift = async (): Promise<void> => {
    try {
      await unblock(block.source_ip);
      say(`${block.source_ip} is no longer blocked`);
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
    setAsking(false);
    await refresh();
  };
  return (
    <li class="block">
      <div>
        <span class="address">{visible(block.source_ip, 64)}</span>
        <span class="meta">
          {visible(block.rule_name, 80)}
          {block.simulated ? ' · simulated' : ''}
        </span>
      </div>
      <span class="time-left" title={`until ${new Date(block.until).toLocaleString()}`}>
        {left(block.until, nowMs.value)}
      </span>
      {isAsking ? (
        <span class="confirm">
          <button type="button" class="danger" onClick={() => void lift()}>
            Yes, unblock
          </button>
          <button type="button" onClick={() => setAsking(false)}>
            No
          </button>
        </span>
      ) : (
        <button
          type="button"
          onClick={() => setAsking(true)}
          aria-label={`Unblock ${visible(block.source_ip, 64)}`}
        >
          Unblock
        </button>
      )}
    </li>
  );
}

export function Blocks() {
  const blocks = (overview.value?.blocks ?? []).filter(
    (block) => Date.parse(block.until) > nowMs.value,
  );
  return (
    <section class="card" aria-labelledby="blocks-title">
      <h2 id="blocks-title">Blocked</h2>
      {blocks.length === 0 ? (
        <p class="empty">Nobody is blocked.</p>
      ) : (
        <ul class="blocks">
          {blocks.map((block) => (
            <BlockRow key={block.source_ip} block={block} />
          ))}
        </ul>
      )}
    </section>
  );
}
