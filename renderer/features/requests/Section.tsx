import type { ReactNode } from 'react';

/** One titled part of a request's detail. */
export function Section({ title, testId, children }: { readonly title: string; readonly testId?: string; readonly children: ReactNode }) {
  return (
    <section className="rq-section" data-testid={testId}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
