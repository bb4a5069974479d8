const asked = new URLSearchParams(location.search).get('theme') ?? localStorage.getItem('theme');
const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
let dark = asked ? asked === 'dark' : system.matches;
let chosen = asked !== null;

system.addEventListener('change', () => {
  if (!chosen) set(system.matches);
});

/** Whether the dark theme is on: by `?theme=`, by the person's last choice, or as the system says. */
export function isDark(): boolean {
  return dark;
}

/** Puts the theme on the page and says so to those who draw by it. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  for (const listener of listeners) listener();
}

export function toggleTheme(): void {
  chosen = true;
  localStorage.setItem('theme', dark ? 'light' : 'dark');
  set(!dark);
}

export function onTheme(listener: () => void): void {
  listeners.add(listener);
}

function set(value: boolean): void {
  dark = value;
  applyTheme();
}
