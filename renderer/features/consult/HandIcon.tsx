import Icon from '@ant-design/icons';

function Hand() {
  return (
    <svg viewBox="0 0 24 24" width="1em" height="1em" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d="M7 12V6.5a1.5 1.5 0 0 1 3 0V11M10 10.5v-6a1.5 1.5 0 0 1 3 0v6M13 10.5V5.5a1.5 1.5 0 0 1 3 0v6M16 11.5v-3a1.5 1.5 0 0 1 3 0V15a6.5 6.5 0 0 1-6.5 6.5h-.6A6.5 6.5 0 0 1 7 19l-2.8-4.4a1.5 1.5 0 0 1 2.5-1.7L8 14.5" />
    </svg>
  );
}

/** A raised hand, drawn in the manner of the icon family, which has none. */
export function HandIcon({ title }: { readonly title?: string }) {
  return <Icon component={Hand} {...(title === undefined ? { 'aria-hidden': true } : { title, 'aria-label': title })} />;
}
