import { overview } from './state.ts';

const WIDTH = 300;
const HEIGHT = 56;
const GAP = 2;

/** Events of the last 15 minutes as bars. */
export function EventRate() {
  const rate = overview.value?.rate ?? { bucketSeconds: 30, counts: [] };
  const most = Math.max(1, ...rate.counts);
  const step = WIDTH / Math.max(1, rate.counts.length);
  const lastMinute = rate.counts.slice(-2).reduce((sum, count) => sum + count, 0);
  const perSecond = lastMinute / (2 * rate.bucketSeconds);
  const text = perSecond >= 10 ? String(Math.round(perSecond)) : perSecond.toFixed(1);
  return (
    <section class="card rate" aria-labelledby="rate-title">
      <h2 id="rate-title">Events</h2>
      <p class="big">
        {text} <small>per second</small>
      </p>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Events of the last 15 minutes, at most ${most} in ${rate.bucketSeconds} seconds`}
        preserveAspectRatio="none"
      >
        {rate.counts.map((count, index) => {
          const height = count === 0 ? 1 : Math.max(2, (count / most) * HEIGHT);
          return (
            <rect
              key={index}
              x={index * step}
              y={HEIGHT - height}
              width={step - GAP}
              height={height}
              rx="1"
            />
          );
        })}
      </svg>
      <p class="hint">last 15 minutes</p>
    </section>
  );
}
