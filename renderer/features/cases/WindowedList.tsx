import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import { visibleRange } from './visibleRange.ts';

export interface WindowedListProps<T> {
  readonly rows: readonly T[];
  /** Every row has this height, px. */
  readonly rowHeight: number;
  readonly keyOf: (row: T) => string;
  readonly label: string;
  readonly children: (row: T) => ReactNode;
}

/** A list of which only the rows in sight are in the page: ten thousand scroll as ten do. Up and down move between the rows' main buttons. */
export function WindowedList<T>({ rows, rowHeight, keyOf, label, children }: WindowedListProps<T>) {
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

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const element = frame.current;
    const here = event.target instanceof Element ? event.target.closest('[data-index]')?.getAttribute('data-index') : null;
    if (step === 0 || !element || here === null || here === undefined) return;
    const next = Number(here) + step;
    if (next < 0 || next >= rows.length) return;
    event.preventDefault();
    const wanted = next * rowHeight;
    if (wanted < element.scrollTop) element.scrollTop = wanted;
    else if (wanted + rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = wanted + rowHeight - element.clientHeight;
    // The row exists after the scroll was drawn.
    requestAnimationFrame(() => requestAnimationFrame(() => element.querySelector<HTMLElement>(`[data-index="${next}"] button`)?.focus()));
  };

  return (
    <div ref={frame} className="cs-window" onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <ul aria-label={label} style={{ height: rows.length * rowHeight }} className="cs-window-rows" onKeyDown={onKeyDown}>
        {rows.slice(from, to).map((row, offset) => (
          <li key={keyOf(row)} data-index={from + offset} aria-setsize={rows.length} aria-posinset={from + offset + 1} style={{ height: rowHeight, transform: `translateY(${(from + offset) * rowHeight}px)` }}>
            {children(row)}
          </li>
        ))}
      </ul>
    </div>
  );
}
