import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { visibleRange } from './visibleRange.ts';

export interface WindowedListProps<T> {
  readonly rows: readonly T[];
  /** Every row has this height, px. */
  readonly rowHeight: number;
  readonly keyOf: (row: T) => string;
  readonly label: string;
  readonly children: (row: T) => ReactNode;
  /** The row that is kept in sight when it changes; -1 or left out: none. */
  readonly current?: number;
  /** The list's end comes into sight. */
  readonly onEnd?: () => void;
}

/** A list of which only the rows in sight are in the page: ten thousand scroll as ten do. Up and down move between the rows' main buttons. */
export function WindowedList<T>({ rows, rowHeight, keyOf, label, children, current = -1, onEnd }: WindowedListProps<T>) {
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(800);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const { from, to } = visibleRange(rows.length, rowHeight, top, height);

  const isAtEnd = to >= rows.length;
  useEffect(() => {
    if (isAtEnd) onEnd?.();
  }, [isAtEnd, onEnd]);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element && current >= 0) scrollTo(element, current * rowHeight, rowHeight);
  }, [current, rowHeight]);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const element = frame.current;
    const here = event.target instanceof Element ? event.target.closest('[data-index]')?.getAttribute('data-index') : null;
    if (step === 0 || !element || here === null || here === undefined) return;
    const next = Number(here) + step;
    if (next < 0 || next >= rows.length) return;
    event.preventDefault();
    scrollTo(element, next * rowHeight, rowHeight);
    // The row exists after the scroll was drawn.
    requestAnimationFrame(() => requestAnimationFrame(() => element.querySelector<HTMLElement>(`[data-index="${next}"] button`)?.focus()));
  };

  return (
    <div ref={frame} className="hz-window" onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <ul aria-label={label} style={{ height: rows.length * rowHeight }} className="hz-window-rows" onKeyDown={onKeyDown}>
        {rows.slice(from, to).map((row, offset) => (
          <li key={keyOf(row)} data-index={from + offset} aria-setsize={rows.length} aria-posinset={from + offset + 1} style={{ height: rowHeight, transform: `translateY(${(from + offset) * rowHeight}px)` }}>
            {children(row)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Moves the frame no further than needed to show what lies at `top`. */
function scrollTo(frame: HTMLElement, top: number, height: number): void {
  if (top < frame.scrollTop) frame.scrollTop = top;
  else if (top + height > frame.scrollTop + frame.clientHeight) frame.scrollTop = top + height - frame.clientHeight;
}
