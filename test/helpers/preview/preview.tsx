import { createRoot } from 'react-dom/client';
import { required } from '#shared/lib/assert';
import { App } from '../../../renderer/App.tsx';
import { createI18n } from '../../../renderer/i18n/i18n.ts';
import '../../../renderer/ui/theme/tokens.css';
import { ControlPreview } from './ControlPreview.tsx';
import { paintedPicture } from './paintedPicture.ts';
import { paintedStreams } from './paintedStreams.ts';
import { PlanPreview } from './PlanPreview.tsx';
import { type PreviewScreen, staticProgram } from './staticPrograms.ts';

/** `?screen=room.three&language=en&theme=dark` */
const query = new URLSearchParams(location.search);
const language = query.get('language') === 'en' ? 'en' : 'zh-CN';
const theme = query.get('theme');
const program = staticProgram({
  screen: (query.get('screen')?.startsWith('steer') ? 'worklist' : (query.get('screen') ?? 'worklist')) as PreviewScreen, // given by the screenshot script
  language,
  theme: theme === 'dark' || theme === 'cart' ? theme : 'light',
  streams: paintedStreams,
  picture: paintedPicture,
});
const screen = query.get('screen') ?? '';
const root = createRoot(required(document.getElementById('root'), 'a root'));
root.render(screen.startsWith('steer') ? <ControlPreview program={program} screen={screen} language={language} /> : screen.startsWith('plan') ? <PlanPreview program={program} screen={screen} language={language} /> : <App program={program} i18n={createI18n(language)} />);
