import { highlightParts } from './timelineView.ts';

/** A text with the words that were looked for marked. */
export function Highlight({ text, query }: { readonly text: string; readonly query: string }) {
  let at = 0;
  return (
    <>
      {highlightParts(text, query).map((part) => {
        const key = at;
        at += part.text.length;
        return part.isHit ? <mark key={key}>{part.text}</mark> : <span key={key}>{part.text}</span>;
      })}
    </>
  );
}
