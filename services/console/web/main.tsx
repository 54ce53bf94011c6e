import { render } from 'preact';
import { Alerts } from './alerts.tsx';
import { isSignedIn } from './api.ts';
import { Blocks } from './blocks.tsx';
import { EventRate } from './event-rate.tsx';
import { Parts } from './parts.tsx';
import { SignIn } from './sign-in.tsx';
import { goLive, isConnected, notice, nowMs, overview, screen } from './state.ts';
import { applyTheme, ThemeSwitch } from './theme-switch.tsx';
import { Totals } from './totals.tsx';

function Page() {
  if (screen.value === 'sign-in') return <SignIn />;
  const isSimulated = (overview.value?.parts ?? []).some((part) =>
    part.state.includes('Blocking is simulated'),
  );
  return (
    <>
      <header>
        <h1>
          <img src="./favicon.svg" alt="" width="26" height="26" /> mini-SOC
        </h1>
        <span class={isConnected.value ? 'live' : 'live lost'} role="status">
          {isConnected.value ? 'live' : 'reconnecting …'}
        </span>
        {isSimulated && <span class="mode">simulated blocking</span>}
        <a class="quiet" href="/viz" target="_blank" rel="noopener">
          Graph
        </a>
        <ThemeSwitch />
      </header>
      <main class="grid">
        <div class="column wide">
          <Totals />
          <Alerts />
        </div>
        <div class="column">
          <EventRate />
          <Blocks />
          <Parts />
        </div>
      </main>
      {notice.value !== undefined && (
        <p class="notice" role="status">
          {notice.value}
        </p>
      )}
    </>
  );
}

applyTheme();
setInterval(() => (nowMs.value = Date.now()), 1000);
const root = document.getElementById('app');
if (root !== null) render(<Page />, root);
isSignedIn().then(
  (isIn) => (isIn ? goLive() : (screen.value = 'sign-in')),
  () => goLive(),
);
