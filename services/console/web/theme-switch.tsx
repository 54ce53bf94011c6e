import { useState } from 'preact/hooks';

const KEY = 'mini-soc-theme';
type Theme = 'light' | 'dark';

function present(): Theme {
  const kept = localStorage.getItem(KEY);
  if (kept === 'light' || kept === 'dark') return kept;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Sets the theme that was chosen here before; the system's otherwise. */
export function applyTheme(): void {
  const kept = localStorage.getItem(KEY);
  if (kept === 'light' || kept === 'dark') document.documentElement.dataset['theme'] = kept;
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(present());
  const other = theme === 'dark' ? 'light' : 'dark';
  const change = (): void => {
    localStorage.setItem(KEY, other);
    document.documentElement.dataset['theme'] = other;
    setTheme(other);
  };
  return (
    <button
      type="button"
      class="quiet"
      onClick={change}
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
    >
      {theme === 'dark' ? '☀' : '☾'}
    </button>
  );
}
