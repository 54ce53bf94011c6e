import { useState } from 'preact/hooks';
import { signIn } from './api.ts';
import { goLive } from './state.ts';

export function SignIn() {
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement).get('token');
    const token = typeof given === 'string' ? given : '';
    try {
      await signIn(token);
      goLive();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <main class="sign-in card">
      <h1>mini-SOC</h1>
      <form onSubmit={(event) => void submit(event)}>
        <label for="token">Access token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required />
        <p class="hint">It is the value of API_TOKEN with which mini-SOC was started.</p>
        {problem !== undefined && (
          <p role="alert" class="problem">
            {problem}
          </p>
        )}
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
    </main>
  );
}
