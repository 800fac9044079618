import { createRoot } from 'react-dom/client';
import { required } from '#shared/lib/assert';
import { drop } from '#shared/lib/drop';
import { App } from './App.tsx';
import { compose } from './composition.ts';
import { createI18n } from './i18n/i18n.ts';
import './ui/theme/tokens.css';

const program = await compose(window);
const i18n = createI18n(program.settings.store.getState().language);
createRoot(required(document.getElementById('root'), 'the page\'s root')).render(<App program={program} i18n={i18n} />);
program.session.restore();

// A page that comes from a server keeps the program on the machine, for the day the network is gone.
if (import.meta.env.PROD && window.location.protocol.startsWith('http') && 'serviceWorker' in navigator) {
  drop(navigator.serviceWorker.register('/service-worker.js'), 'without it the program needs the network to start, as before');
}
