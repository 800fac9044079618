import type { ReactNode } from 'react';

/** One section's head, with its main action at the right, and what is in it. */
export function Section({ title, action, children }: { readonly title: string; readonly action?: ReactNode; readonly children: ReactNode }) {
  return (
    <div className="cf-section">
      <div className="cf-section-head">
        <h2>{title}</h2>
        {action}
      </div>
      {children}
    </div>
  );
}

/** Says that there is nothing yet, and what to do about it. */
export function Nothing({ text }: { readonly text: string }) {
  return <p className="cf-nothing">{text}</p>;
}
