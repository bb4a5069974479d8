import type { WireControl, WireFact } from './client/wire.ts';

/** What stands in the panel beside Teams; its sections are read again after every change and once a second. */
export interface Panel {
  /** The world's time in milliseconds, and how many times faster than real time it runs. */
  clock(): { now: number; speed: number };
  sections(): Section[];
}

/** What belongs together, with what using it does. */
export interface Group {
  title: string;
  controls: Control[];
  facts?: Fact[];
}

export interface Section extends Group {
  hint?: string;
  groups?: Group[];
}

export type Fact = Omit<WireFact, 'remove'> & { remove?: Control & { kind: 'button' } };

type WithRun<C> = C extends { value: infer V }
  ? C & { run(value: V): unknown }
  : C extends { kind: 'paste' }
    ? C & { run(text: string): unknown }
    : C & { run(): unknown };

/** A control of the panel and what using it does; a text that comes of `run`, or the promise of one, is shown for a moment. */
export type Control = WithRun<WireControl>;

/** Uses the control of this id, where the value is of its kind; what comes of it. */
export function useControl(panel: Panel, id: string, value: unknown): unknown {
  const control = panel
    .sections()
    .flatMap((section) => [section, ...(section.groups ?? [])])
    .flatMap(({ controls, facts = [] }) => [...controls, ...facts.flatMap(({ remove }) => remove ?? [])])
    .find((one) => one.id === id);
  if (!control) throw new Error('no such control');
  return control.kind === 'button' ? control.run() : run(control, value);
}

function run(control: Exclude<Control, { kind: 'button' }>, value: unknown): unknown {
  if (control.kind === 'toggle' && typeof value === 'boolean') return control.run(value);
  if (control.kind === 'slider' && typeof value === 'number') {
    return control.run(Math.min(Math.max(value, control.min), control.max));
  }
  const ofText = control.kind === 'text' || control.kind === 'choice' || control.kind === 'paste';
  if (ofText && typeof value === 'string') return control.run(value);
  throw new Error(`"${control.label}" does not take ${JSON.stringify(value)}`);
}
