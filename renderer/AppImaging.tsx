import { lazy, Suspense } from 'react';
import { useStore } from 'zustand';
import type { CaseId } from '#shared/domain/ids';
import { authorColour } from '#shared/domain/imaging/authorColour';
import type { Program } from './composition.ts';
import { ErrorBoundary } from './ui/parts/ErrorBoundary.tsx';
import { useText } from './ui/text.ts';

const ImagingViewer = lazy(() => import('./features/imaging/ImagingViewer.tsx'));
const nobodyFollows = () => undefined;

/** The images of a case, for its file. */
export function ImagingOfCase({ program, caseId }: { readonly program: Program; readonly caseId: CaseId }) {
  const { imaging, session } = program;
  const { t } = useText();
  const isOnline = useStore(session.store, (s) => s.link.isOnline && s.self !== null);
  const selfId = useStore(session.store, (s) => s.self?.id ?? '');
  return (
    <ErrorBoundary onError={(error) => program.log(error.message, 'imaging')}>
      <Suspense fallback={<p role="status">{t('imaging.loading')}</p>}>
        <div className="im-in-file">
          <ImagingViewer model={imaging.model} caseId={caseId} isOnline={isOnline} selfId={selfId} thumbnailOf={imaging.web.thumbnail} colourOf={authorColour} onHand={nobodyFollows} banner={null} ring={null} over={null} opensNewest />
        </div>
      </Suspense>
    </ErrorBoundary>
  );
}
