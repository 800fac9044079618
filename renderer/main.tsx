import { createRoot } from 'react-dom/client';
import { required } from '#shared/lib/assert';
import { App } from './App.tsx';
import { compose } from './composition.ts';
import { createI18n } from './i18n/i18n.ts';
import './ui/theme/tokens.css';

const program = await compose(window);
const i18n = createI18n(program.settings.store.getState().language);
createRoot(required(document.getElementById('root'), 'the page\'s root')).render(<App program={program} i18n={i18n} />);
program.session.restore();
