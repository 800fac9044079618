import type { ReactNode } from 'react';

export type Tone = 'neutral' | 'good' | 'caution' | 'bad' | 'primary';

/** A small state with icon and word: the colour only repeats what they say. */
export function Chip(props: { readonly tone?: Tone; readonly icon?: ReactNode; readonly children: ReactNode; readonly title?: string }) {
  return (
    <span className="hz-chip" data-tone={props.tone ?? 'neutral'} title={props.title}>
      {props.icon}
      <span>{props.children}</span>
    </span>
  );
}
